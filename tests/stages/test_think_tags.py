from collections import Counter

import pytest
from counted_work import held_linear
from hypothesis import given
from hypothesis import strategies as st

from streamkit.events import (
    ArgumentsDelta,
    ItemFinished,
    ItemStarted,
    QuirkSeen,
    ReasoningDelta,
    StreamEnded,
    TextDelta,
)
from streamkit.evidence import (
    CallFragment,
    EndMarker,
    FinishClaimed,
    ItemClaimed,
    PartClaim,
    PartClaimed,
    TextReclassified,
)
from streamkit.limits import Limits
from streamkit.pipeline import Pipeline
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape
from streamkit.stages.think_tags import ThinkTags
from streamkit.stages.think_texts import split_think


def run(events, **options):
    stage = ThinkTags(**options)
    out = []
    for event in events:
        out += stage.feed(event)
    return [*out, *stage.close()]


def read(events):
    """Text, reasoning and quirk ids of what came out, reclassifications applied."""
    text, reasoning, quirks = "", "", Counter()
    for event in events:
        match event:
            case TextDelta(text=piece):
                text += piece
            case ReasoningDelta(text=piece):
                reasoning += piece
            case TextReclassified(characters=count, kept=kept, reasoning=piece):
                assert count <= len(text)
                text = text[: len(text) - count] + kept
                reasoning += piece
            case QuirkSeen(quirk=quirk):
                quirks[quirk] += 1
    return text, reasoning, quirks


def live(*deltas, **options):
    return read(run([TextDelta(text=delta) for delta in deltas], **options))


def split(*deltas, **options):
    return live(*deltas, **options)[:2]


def test_e01_unterminated_block_is_reasoning_to_the_end():
    text, reasoning, quirks = live("<think>Let me see. ", "The user wants…")
    assert (text, reasoning) == ("", "Let me see. The user wants…")
    assert quirks == {"think_block": 1, "think_unterminated": 1}
    assert split("kept\n<think>rest") == ("kept\n", "rest")


@pytest.mark.parametrize("text", ["<THINK>a</THINK>hi", "<Thinking>a</thinking>hi", "<tHiNk>a</ThInK>hi"])
def test_e02_case_of_tags_does_not_matter(text):
    assert split(text) == ("hi", "a")


@pytest.mark.parametrize(
    "text",
    [
        "Use the <think> tag like this.",
        "🧠 done",
        "a `<think>` b `</think>` c\n",
        "```\n<think>x</think>\n```\n",
        "~~~\n</think>\n~~~",
        "```inline``` then `</think>\nmore",
        "x < y, a <b> c </i> d <thin king> <thinker>\t \n",
        "mid </think> line",
        "<thinks>a</thinks>",
        "",
        " \n ",
        " leading",
    ],
)
def test_e03_mentions_and_other_text_are_byte_identical(text):
    assert live(text) == (text, "", Counter())
    assert live(*text) == (text, "", Counter())
    assert split_think(text) == (text, "")


def test_e03_a_pair_in_mid_line_is_moved_when_its_closer_comes():
    events = run([TextDelta(text="so <think>hm"), TextDelta(text="m</think> yes")])
    assert [type(event) for event in events] == [TextDelta, TextDelta, QuirkSeen, TextReclassified, TextDelta]
    assert events[0].text == "so <think>hm"
    assert events[3].characters == len("<think>hmm")
    assert read(events) == ("so  yes", "hmm", {"think_inline_pair": 1})


def test_e03_a_closer_pairs_with_the_nearest_opener_of_its_name():
    assert split("the <think> tag: <think>x</think> done") == ("the <think> tag:  done", "x")
    assert split("a <think>b <thought>c</think> d</thought> e") == ("a  d</thought> e", "b <thought>c")


def test_e04_closer_alone_moves_all_text_before_it():
    text, reasoning, quirks = live("Okay, the user", " wants…\n", "</th", "ink>", "\n\nhi")
    assert (text, reasoning) == ("hi", "Okay, the user wants…\n")
    assert quirks == {"think_opener_missing": 1}
    assert split("so.</think>", "\nhi") == ("hi", "so.")
    assert split("so.</think>") == ("", "so.")
    assert split("</think>\n\nhi") == ("hi", "")


def test_e04_with_the_profile_reasoning_is_live():
    events = run([TextDelta(text="Okay"), TextDelta(text=", so</think>hi")], starts_in_think=True)
    assert [type(event) for event in events] == [ReasoningDelta, ReasoningDelta, QuirkSeen, TextDelta]
    assert read(events) == ("hi", "Okay, so", {"think_block": 1})
    assert split("<think>a</think>b", starts_in_think=True) == ("b", "a")
    assert live("cut", starts_in_think=True) == ("", "cut", {"think_unterminated": 1})


def test_e05_only_what_may_become_a_tag_is_held():
    stage = ThinkTags()
    assert [event.text for event in stage.feed(TextDelta(text="a <th"))] == ["a "]
    assert [event.text for event in stage.feed(TextDelta(text="e"))] == ["<the"]
    assert [event.text for event in stage.feed(TextDelta(text="b <"))] == ["b "]
    assert [event.text for event in stage.close()] == ["<"]
    assert split("<th", "ink>a</thi", "nk>hi") == ("hi", "a")


@pytest.mark.parametrize(
    "name",
    ["thinking", "reasoning", "thought", "REASONING_SCRATCHPAD", "mm:think", "seed:think", "思考"],
)
def test_e06_other_names(name):
    assert split(f"<{name}>a</{name}>hi") == ("hi", "a")
    assert split(*f"<{name}>a</{name}>hi") == ("hi", "a")


def test_e06_names_must_match_and_brackets_are_an_option():
    assert split("<think>a</thinking>b</think>c") == ("c", "a</thinking>b")
    assert split("[THINK]a[/THINK]b") == ("[THINK]a[/THINK]b", "")
    assert split(*"[THINK]a[/THINK]b", brackets=True) == ("b", "a")
    assert split("[THINK]a</think>b[/THINK]c", brackets=True) == ("c", "a</think>b")
    assert split("<ponder>a</ponder>b", names=("ponder",)) == ("b", "a")
    assert split("<think>a</think>b", names=()) == ("<think>a</think>b", "")


def test_e07_offsets_are_those_of_the_original():
    assert split("İ\n<think>a</think>hi") == ("İ\nhi", "a")
    assert split("ẞ\n<thin\u212a>a</thin\u212a>hi") == (
        "ẞ\n<thin\u212a>a</thin\u212a>hi",
        "",
    )  # the Kelvin sign is no K


def test_e08_later_literal_tags_survive():
    answer = "Write `<think>` and `</think>` around it. Or <think>so</think>\n</think>\n"
    assert split("<think>a</think>" + answer) == (answer, "a")
    assert split("<think>a</think>b\n<think>c</think>d") == ("b\nd", "ac")


def test_e08_a_mention_inside_a_block_does_not_end_it():
    assert split("<think>use `</think>` here</think>hi") == ("hi", "use `</think>` here")
    assert split("<think>```\n</think>\n```\nok</think>hi") == ("hi", "```\n</think>\n```\nok")


def test_e08_unbalanced_code_in_a_block_does_not_eat_the_answer():
    assert split("<think>use ` here</think>hi") == ("hi", "use ` here")
    assert split("<think>```py\ncode\n</think>\n\nhi\n<think>b") == ("hi\n", "```py\ncode\nb")
    assert split("<think>```py\n</think>a\n<think>```\n</think>b") == ("a\nb", "```py\n```\n")


def test_e08_what_a_doubtful_closer_holds_is_bounded():
    stage = ThinkTags(limits=Limits(text=20))
    list(stage.feed(TextDelta(text="<think>```\n</think>")))
    assert read(stage.feed(TextDelta(text="x" * 30)))[1] == "</think>" + "x" * 30


def test_e09_white_space_around_blocks():
    assert live("<think>\n\n</think>", "\n", "\nhi ") == ("hi ", "", {"think_block": 1})
    assert live(" \n<think>a</think> \n") == ("", "a", {"think_block": 1})
    assert run([TextDelta(text="<think></think>\n\n"), CallFragment(name="ls")])[1:] == [CallFragment(name="ls")]


def test_e09_blank_text_beside_reasoning_or_a_call():
    block, blank, call = TextDelta(text="<think>a</think>"), TextDelta(text="\n\n"), CallFragment(name="ls")
    assert read(run([block, call, blank, call])) == ("", "a", {"think_block": 1, "blank_text_dropped": 1})
    finish = FinishClaimed(finish_reason="stop")
    assert read(run([block, call, blank, finish]))[0] == ""
    assert read(run([block, call, blank, TextDelta(text="hi")]))[0] == "\n\nhi"
    assert read(run([block, call, TextDelta(text="hi"), finish, blank]))[0] == "hi\n\n"


def test_e09_blank_text_stays_where_no_think_block_stands():
    blank, call, thought = TextDelta(text="\n\n"), CallFragment(name="ls"), ReasoningDelta(text="a")
    assert run([blank, call]) == [blank, call]
    assert run([thought, blank, call]) == [thought, blank, call]
    assert read(run([blank, FinishClaimed(finish_reason="stop")]))[0] == "\n\n"
    assert read(run([ReasoningDelta(text="a", key=1), TextDelta(text=" ", key=0)]))[0] == " "


def test_e09_blank_text_with_a_key_stays_for_its_item_is_open():
    block, call = TextDelta(text="<think>a</think>", key=0), ItemStarted(type="function_call", key=1)
    blank = [TextDelta(text=" ", key=0), ItemFinished(key=0)]
    assert read(run([block, ItemFinished(key=0), call, *blank]))[0] == " "


def test_e10_opener_content_and_closer_in_one_delta():
    events = run([TextDelta(text="<think>a</think>hi")])
    assert [type(event) for event in events] == [QuirkSeen, ReasoningDelta, TextDelta]


def test_e28_arguments_are_never_filtered():
    events = [ArgumentsDelta(text='{"html":"<think>x</think>"}'), CallFragment(arguments="<think>x</think>")]
    assert run(events) == events
    assert ArgumentsDelta not in ThinkTags.handles


def test_other_output_ends_a_run():
    call = CallFragment(name="ls")
    events = run([TextDelta(text="a <th"), call, TextDelta(text="ink>")])
    assert [event for event in events if event == call or isinstance(event, TextDelta)] == [
        TextDelta(text="a "),
        TextDelta(text="<th"),
        call,
        TextDelta(text="ink>"),
    ]
    events = run([TextDelta(text="<think>a"), EndMarker(), StreamEnded()])
    assert [type(event) for event in events] == [QuirkSeen, ReasoningDelta, QuirkSeen, EndMarker, StreamEnded]


def test_places_do_not_mix():
    a, b = TextDelta(text="<think>a", key=0), TextDelta(text="b", key=1)
    events = run([a, b, TextDelta(text="</think>c", key=0), ItemFinished(key=0), ItemFinished(key=1)])
    keys = [(event.key, event.text) for event in events if isinstance(event, TextDelta | ReasoningDelta)]
    assert keys == [(("think", 0, 1), "a"), (1, "b"), (0, "c")]
    choices = [
        TextDelta(text="<think>a", choice=0),
        TextDelta(text="b", choice=1),
        TextDelta(text="</think>c", choice=0),
    ]
    assert [(e.choice, e.text) for e in run(choices) if hasattr(e, "text")] == [(0, "a"), (1, "b"), (0, "c")]
    assert [e.text for e in run([TextDelta(text="a<"), TextDelta(text="think>", index=1)])] == ["a", "<", "think>"]


def test_content_indexes_do_not_mix():
    second = [TextDelta(text="b", index=1), TextDelta(text="</think>\n", index=1)]
    texts = [TextDelta(text="a"), TextDelta(text="\n"), *second]
    assert [event.characters for event in run(texts) if isinstance(event, TextReclassified)] == [1]


def test_e08_what_was_settled_holds_behind_a_call():
    texts = [TextDelta(text="<think>a</think>b"), CallFragment(name="ls"), TextDelta(text="c <think>d</think>")]
    assert read(run(texts))[:2] == ("bc <think>d</think>", "a")


def test_a_span_of_backticks_ends_with_its_line():
    assert split("a ` b\nso <think>c</think> d") == ("a ` b\nso  d", "c")


def test_blocks_of_one_item_have_keys_of_their_own():
    texts = ["<think>a</think>b\n<think>c</think>", "d"]
    events = run([TextDelta(text=text, key=("m", 3)) for text in texts])
    assert [event.key for event in events if isinstance(event, ReasoningDelta)] == [
        ("think", "m", 3, 1),
        ("think", "m", 3, 2),
    ]


def test_snapshots_lose_their_blocks_too():
    claim = PartClaimed(key=0, claim=PartClaim("text", "<think>a</think>hi"), item_type="message")
    streamed = [TextDelta(key=0, text="<think>a</think>hi"), claim]
    assert run(streamed)[-1].claim.text == "hi"
    assert not any(isinstance(event, ItemClaimed) for event in run(streamed))
    quirk, reasoning, kept = run([claim])
    assert quirk.quirk == "think_block"
    assert (reasoning.type, reasoning.key, reasoning.parts[0].text) == ("reasoning", ("think", 0, 1), "a")
    assert kept.claim.text == "hi"
    whole = ItemClaimed(type="message", parts=(PartClaim("text", "<think> </think>hi"), PartClaim("refusal", "no")))
    assert run([whole])[-1].parts == (PartClaim("text", "hi"), PartClaim("refusal", "no"))
    assert len(run([whole])) == 2
    plain = ItemClaimed(type="message", parts=(PartClaim("text", "a < b"),))
    assert run([plain])[0] is plain
    for silent in (PartClaim("text", None), PartClaim("refusal", "<think>"), PartClaim("text", "a < b")):
        event = PartClaimed(claim=silent)
        assert run([event])[0] is event
    started = ItemStarted(type="message", key=0)
    assert run([started])[0] is started


def test_untouched_text_keeps_its_event():
    events = [TextDelta(text=text, sequence_number=n) for n, text in enumerate(["hi ", "there ", "a < b ", "end"])]
    assert all(after is before for after, before in zip(run(events), events, strict=True))


def test_disabled_stage_passes_everything():
    stage = ThinkTags()
    stage.enabled = False
    event = TextDelta(text="<think>a")
    assert list(stage.feed(event)) == [event]
    assert list(stage.close()) == []


TAGS = ["<think>", "</think>", "<Thought>", "</thought>", "[THINK]", "[/THINK]", "<", "</th"]
PIECES = st.sampled_from([*TAGS, "\n", "\r\n", " ", "`", "```", "~~~", "a", "b c", "İ", "x\n"])


@given(st.lists(PIECES, max_size=25).map("".join), st.data(), st.booleans(), st.booleans())
def test_e31_every_partition_gives_the_same(text, data, inside, brackets):
    whole = split_think(text, starts_in_think=inside, brackets=brackets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    options = {"starts_in_think": inside, "brackets": brackets}
    by_parts, by_character = live(*parts, **options), live(*text, **options)
    assert by_parts[:2] == by_character[:2] == whole
    assert by_parts[2] == by_character[2] == live(text, **options)[2]


@given(st.lists(PIECES, max_size=25).map("".join))
def test_e31_no_visible_character_is_lost(text):
    shown, reasoning = split_think(text)
    before, after = Counter(text), Counter(shown + reasoning)
    tags = Counter("<think></think><Thought></thought>")
    assert all(before[c] == after[c] for c in before if c not in tags and not c.isspace())
    assert all(after[c] <= before[c] for c in after)


def splitting(events):
    def run():
        stage = ThinkTags()
        for event in events:
            list(stage.feed(event))
        list(stage.close())

    return run


@pytest.mark.parametrize(
    "pattern",
    [
        "<think>x</think>y\n",
        "x <think>y</think> ",
        "x <think>y",
        "<think>```\n</think>",
        "` </thought> ` <think> ",
        "a\n</think>\n",
    ],
)
def test_j07_work_is_linear_one_character_at_a_time(pattern):
    held_linear(lambda n: splitting([TextDelta(text=c) for c in pattern * n]), n=100)


def test_j07_work_is_linear_in_one_huge_delta():
    text = "x <think>y</think> `"
    held_linear(lambda n: splitting([TextDelta(text=text * n)]), n=300)


CHAT = b"".join(
    b'data: {"choices":[{"index":0,"delta":%s}]}\n\n' % delta
    for delta in (b'{"role":"assistant","content":""}', b'{"content":"Hello"}', b'{"content":" there"}')
)
CALL = b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}\n\n' * 2


def planted(tape, quirk):
    for edit in REGISTRY[quirk].plant(tape):
        changed = Tape(tape.apply([edit]), tape.dialect, tape.framing)
        frames = [frame.json for frame in changed.frames]
        deltas = [(frame.get("message") or frame["choices"][0]["delta"]) for frame in frames]
        events = []
        for delta in deltas:
            if text := delta.get("content"):
                events.append(TextDelta(text=text))
            if delta.get("tool_calls"):
                events.append(CallFragment(name="ls"))
        yield read(run(events))


@pytest.mark.parametrize("quirk", ["think_block", "think_unterminated", "think_opener_missing", "think_inline_pair"])
@pytest.mark.parametrize("framing", ["sse", "ndjson"])
def test_planted_faults_are_named(quirk, framing):
    lines = b'{"message":{"content":"Hello"}}\n{"message":{"content":" there"}}\n'
    tape = Tape(CHAT, "chat") if framing == "sse" else Tape(lines, "ollama", "ndjson")
    found = list(planted(tape, quirk))
    assert found
    for text, _, quirks in found:
        assert quirks[quirk] == 1
        if quirk != "think_unterminated":
            assert text == "Hello there"


def test_planted_blank_text_is_named():
    found = list(planted(Tape(CALL, "chat"), "blank_text_dropped"))
    assert found == [("", "", {"think_block": 1, "blank_text_dropped": 1})]
    assert list(planted(Tape(CHAT, "chat"), "blank_text_dropped")) == []
    assert list(planted(Tape(b"data: [DONE]\n\n", "chat"), "think_block")) == []


def test_subclasses_of_events_count_too():
    class Mine(TextDelta, kw_only=True, frozen=True):
        """Text of a stage of one's own."""

    assert read(run([Mine(text="<think>a</think>hi")]))[:2] == ("hi", "a")


def test_in_a_pipeline_plain_events_take_the_lanes():
    pipeline = Pipeline(ThinkTags())
    thought, call = ReasoningDelta(text="a"), CallFragment(name="ls")
    events = [thought, thought, call, call, TextDelta(text="hi"), TextDelta(text=" you"), call]
    assert [out for event in events for out in pipeline.feed(event)] == events


def test_e03_blocks_in_mid_line_are_moved_so_often_and_no_more():
    text, reasoning, _ = read(run([TextDelta(text="x <think>b</think> ")] * 150))
    assert reasoning == "b" * 100
    assert text == "x  " * 100 + "x <think>b</think> " * 50


def test_e09_blanks_are_held_only_so_long():
    held = run([TextDelta(text=" ")] * 5, limits=Limits(text=4))
    assert [event.text for event in held] == ["     "]
    stage = ThinkTags(limits=Limits(text=4))
    assert [list(stage.feed(TextDelta(text=" "))) for _ in range(5)] == [[], [], [], [], [TextDelta(text="     ")]]


def test_runs_of_one_choice_end_in_the_order_in_which_their_places_are_named():
    events = [TextDelta(key="b", text="<"), TextDelta(text="<"), ItemFinished(key="b")]
    assert [event.key for event in run(events)] == [None, "b", "b"]

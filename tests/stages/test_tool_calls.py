import json

import pytest
from counted_work import held_linear
from hypothesis import given
from hypothesis import strategies as st

import streamkit
from streamkit.events import (
    ArgumentsDelta,
    ItemFinished,
    ItemStarted,
    PartReplaced,
    QuirkSeen,
    ResponseFinished,
    ResponseStarted,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.evidence import CallFragment, EndMarker, FinishClaimed, ItemClaimed, PartClaim
from streamkit.pipeline import Pipeline
from streamkit.response import Response
from streamkit.stages.call_fragments import CallFragments
from streamkit.stages.call_ids import CallIds
from streamkit.stages.ledger import Ledger
from streamkit.stages.tool_calls import ToolCalls

STOP = FinishClaimed(finish_reason="stop", raw_finish_reason="stop")
CALLS = FinishClaimed(finish_reason="tool_calls", raw_finish_reason="tool_calls")
LENGTH = FinishClaimed(finish_reason="length", raw_finish_reason="max_tokens")
DONE = EndMarker(name="[DONE]")


def call(*texts, index=0, call_id="a", name="ls", **members):
    first = CallFragment(index=index, call_id=call_id, name=name, **members)
    return [first, *[CallFragment(index=index, arguments=text, **members) for text in texts]]


def item(text, *, key=0, status="completed", name="ls", call_id="a", details=None):
    """A call whose wire says its end (Responses, Anthropic)."""
    return [
        ItemStarted(key=key, type="function_call", name=name, call_id=call_id),
        *([ArgumentsDelta(key=key, text=text)] if text else []),
        ItemFinished(key=key, status=status, details=details or {}),
    ]


def flat(items):
    out = []
    for each in items:
        out += each if isinstance(each, list) else [each]
    return out


def run(*items, tools=None):
    pipeline = Pipeline(CallFragments(), Ledger(), ToolCalls(tools=tools))
    out = []
    for each in flat(items):
        out += pipeline.feed(each)
    return [*out, *pipeline.close()]


def verdicts(events):
    return [event.call for event in events if isinstance(event, ToolCallReady | ToolCallDropped)]


def only(events):
    (found,) = verdicts(events)
    return found


def quirks(events):
    return [event.quirk for event in events if isinstance(event, QuirkSeen)]


def finish(events):
    (found,) = [event for event in events if isinstance(event, ResponseFinished)]
    return found


def test_a_whole_call_is_ready_when_its_item_ends():
    out = run(item('{"p":1}'), TextDelta(text="then text"))
    found = only(out)
    assert (found.state, found.input, found.arguments, found.name, found.call_id) == (
        "complete",
        {"p": 1},
        '{"p":1}',
        "ls",
        "a",
    )
    kinds = [type(event) for event in out]
    assert kinds.index(ItemFinished) + 1 == kinds.index(ToolCallReady) < kinds.index(TextDelta)
    assert quirks(out) == []


def test_the_response_has_it():
    out = run(ResponseStarted(response_id="r"), call('{"p":', "1}"), CALLS, DONE)
    response = Response.from_events([*out, StreamEnded()])
    assert [(c.name, c.input, c.state) for c in response.tool_calls] == [("ls", {"p": 1}, "complete")]
    assert response.finish_reason == "tool_calls"
    assert not response.quirks


@pytest.mark.parametrize("text", ["", "null"])
def test_d15_d22_no_arguments_at_a_normal_end(text):
    out = run(call(text), CALLS, DONE)
    assert (only(out).state, only(out).input, only(out).arguments) == ("complete", {}, text)
    assert quirks(out) == ["tool_args_empty"]


def test_d15_a_literal_empty_object_is_silent_and_a_cut_is_no_end():
    out = run(call("{}"), CALLS, DONE)
    assert (only(out).state, only(out).input, quirks(out)) == ("complete", {}, [])
    assert only(run(call(""))).state == "truncated"
    assert only(run(call(""), LENGTH, DONE)).state == "truncated"


def test_d20_missing_closers_at_a_normal_end_only():
    text = '{"p":{"q":1}'
    out = run(call(text), CALLS, DONE)
    assert (only(out).state, only(out).input, only(out).arguments) == ("repaired", {"p": {"q": 1}}, text)
    assert quirks(out) == ["tool_args_closed"]
    for ending in ([LENGTH, DONE], []):
        dropped = run(call(text), *ending)
        assert (only(dropped).state, only(dropped).input) == ("truncated", None)


def test_d20_d42_an_item_that_ended_before_the_cap_was_told():
    out = run(item('{"q": "a'), LENGTH)
    assert (only(out).state, only(out).reason) == ("truncated", "max_tokens")
    out = run(item('{"q": "a"'), FinishClaimed(finish_reason="content_filter"))
    assert only(out).state == "truncated"
    out = run(item('{"q": "a"}'), item('{"q": "a', key=1, call_id="b"), LENGTH)
    assert [found.state for found in verdicts(out)] == ["complete", "truncated"]


def test_d42_an_incomplete_response_repairs_nothing_whatever_its_reason():
    end = FinishClaimed(
        finish_reason="unknown", raw_finish_reason="incomplete:other", status="incomplete", terminal=True
    )
    assert only(run(item('{"a":1,}'), end)).state == "truncated"
    assert only(run(item('{"a":1,}'), STOP, DONE)).state == "repaired"


def test_d21_lost_leading_bytes():
    out = run(call('p":1}'), CALLS, DONE)
    assert (only(out).state, only(out).arguments, only(out).input) == ("invalid", 'p":1}', None)


@pytest.mark.parametrize(
    ("text", "value", "quirk"),
    [
        ('"{\\"p\\":1}"', {"p": 1}, "tool_args_double_encoded"),
        ('{"text":"line1\nline2"}', {"text": "line1\nline2"}, "tool_args_repaired"),
        ('{"cmd": "a\tb", "n": 1,}}}', {"cmd": "a\tb", "n": 1}, "tool_args_repaired"),
    ],
)
def test_d18_d23_d46_repairs_are_named(text, value, quirk):
    out = run(call(text), CALLS, DONE)
    assert (only(out).state, only(out).input, only(out).arguments) == ("repaired", value, text)
    assert quirks(out) == [quirk]


def test_d24_d25_a_cut_call_is_dropped_and_named():
    out = run(TextDelta(text="I'll write"), call('{"path":"a', name="write_file"))
    dropped = [event for event in out if isinstance(event, ToolCallDropped)]
    assert [(e.call.name, e.call.state, e.call.arguments, e.call.input) for e in dropped] == [
        ("write_file", "truncated", '{"path":"a', None)
    ]
    (note,) = [event for event in out if isinstance(event, QuirkSeen) and event.quirk == "tool_call_dropped"]
    assert "write_file" in note.detail
    assert quirks(run(TextDelta(text="half"))) == []


def test_d26_the_note_names_the_cause():
    def detail(*items):
        return next(e.detail for e in run(*items) if isinstance(e, QuirkSeen) and e.quirk == "tool_call_dropped")

    text = '{"text":"long'
    assert detail(call(text), LENGTH, DONE) == "ls: truncated, max_tokens"
    assert detail(call(text)) == "ls: truncated, the stream ended"
    assert only(run(call(text), LENGTH, DONE)).reason == "max_tokens"
    assert finish(run(call(text), LENGTH, DONE)).finish_reason == "length"


def test_d27_nothing_is_ready_before_its_end():
    pipeline = Pipeline(CallFragments(), Ledger(), ToolCalls())
    out = [event for each in call('{"a":1}') for event in pipeline.feed(each)]
    assert verdicts(out) == []
    out += [
        event for each in (CallFragment(index=0, arguments=',"b":2}'), CALLS, DONE) for event in pipeline.feed(each)
    ]
    assert (only(out).state, only(out).arguments) == ("invalid", '{"a":1},"b":2}')


def test_d31_custom_calls_are_never_parsed():
    out = run(call("*** Begin", ' Patch "', custom=True), CALLS, DONE)
    found = only(out)
    assert (found.kind, found.state, found.arguments, found.input) == ("custom", "complete", '*** Begin Patch "', None)
    assert quirks(out) == []
    assert only(run(call("*** Begin", custom=True), LENGTH, DONE)).state == "truncated"


def test_d05_piled_up_arguments_are_handed_out():
    out = run(call('{"f":"a"}', '{"f":"b"}'), call(index=1, call_id="b", name="cat"), CALLS, DONE)
    assert [(c.name, c.input, c.arguments, c.state) for c in verdicts(out)] == [
        ("ls", {"f": "a"}, '{"f":"a"}', "repaired"),
        ("cat", {"f": "b"}, '{"f":"b"}', "repaired"),
    ]
    assert quirks(out) == ["tool_args_split"]
    (replaced,) = [event for event in out if isinstance(event, PartReplaced)]
    assert replaced.text == '{"f":"a"}'
    finished = [event.item_id for event in out if isinstance(event, ItemFinished)]
    assert [event.item_id for event in out if isinstance(event, ArgumentsDelta)][-1] == finished[1]


@pytest.mark.parametrize("others", [0, 2])
def test_d05_nothing_is_guessed_otherwise(others):
    more = [call(index=n + 1, call_id=f"b{n}", name="cat") for n in range(others)]
    out = run(call('{"f":"a"}', '{"f":"b"}'), *more, CALLS, DONE)
    found = verdicts(out)[0]
    assert (found.state, found.arguments) == ("invalid", '{"f":"a"}{"f":"b"}')
    assert len(verdicts(out)) == others + 1


def test_d12_nameless_calls_are_invalid():
    out = run(CallFragment(index=0, call_id="a", arguments='{"p":1}'), CALLS, DONE)
    assert (only(out).state, only(out).reason, only(out).arguments) == ("invalid", "nameless", '{"p":1}')
    assert quirks(out) == ["tool_nameless", "tool_call_dropped"]


def test_b12_d02_the_last_name_and_id_count():
    done = ItemClaimed(key=0, type="function_call", name="cat", call_id="call_9", parts=(PartClaim("arguments", "{}"),))
    out = run(ItemStarted(key=0, type="function_call", name="", call_id="tmp"), done, CALLS)
    assert (only(out).name, only(out).call_id) == ("cat", "call_9")
    renamed = [
        CallFragment(index=0, name="read"),
        CallFragment(index=0, name="read_file"),
        CallFragment(index=0, call_id="a", arguments='{"p":1}'),
    ]
    out = run(renamed, CALLS, DONE)
    assert (only(out).name, only(out).call_id, only(out).id_synthesized) == ("read_file", "a", False)
    (finished,) = [event for event in out if isinstance(event, ItemFinished)]
    assert (finished.name, finished.call_id, finished.details) == ("read_file", "a", {})


def test_d09_an_item_without_id_gets_one():
    out = run(ResponseStarted(response_id="r"), item("{}", call_id=""), item("{}", key=1, call_id=""))
    first, second = verdicts(out)
    assert first.id_synthesized
    assert first.call_id != second.call_id
    again = run(ResponseStarted(response_id="r"), item("{}", call_id=""), item("{}", key=1, call_id=""))
    assert [c.call_id for c in verdicts(again)] == [first.call_id, second.call_id]
    (end, _) = [event for event in out if isinstance(event, ItemFinished)]
    assert end.call_id == first.call_id


def test_d11_an_id_twice_in_items():
    events = []
    stage = ToolCalls()
    for number in (1, 2):
        started = ItemStarted(item_id=f"fc_{number}", type="function_call", name="ls", call_id="c")
        for event in (started, ArgumentsDelta(item_id=f"fc_{number}", text="{}"), ItemFinished(item_id=f"fc_{number}")):
            events += stage.feed(event)
    assert [c.call_id for c in verdicts(events)] == ["c", "c_d2"]
    assert quirks(events) == ["tool_id_duplicate"]


@pytest.mark.parametrize(
    ("name", "tools", "expected", "quirk"),
    [
        ("ls<|channel|>commentary", ["ls"], "ls", "tool_name_cleaned"),
        ("functions.ls:0", ["ls"], "ls", "tool_name_cleaned"),
        ("functions.ls:0", ["cat"], "functions.ls:0", "tool_name_suspect"),
        ("assistant<|channel|>analysis", None, "assistant<|channel|>analysis", "tool_name_suspect"),
        ("functions.ls", ["functions.ls"], "functions.ls", None),
        ("ls", ["cat"], "ls", None),
    ],
)
def test_d36_names_with_tokens(name, tools, expected, quirk):
    out = run(call("{}", name=name), CALLS, DONE, tools=tools)
    assert only(out).name == expected
    assert quirks(out) == ([quirk] if quirk else [])
    (started,) = [event for event in out if isinstance(event, ItemStarted)]
    assert started.name == expected
    assert started.details == ({"name_raw": name} if name != expected else {})


def wrapper(*uses):
    return json.dumps({"tool_uses": [{"recipient_name": f"functions.{name}", "parameters": p} for name, p in uses]})


def test_d39_a_parallel_wrapper_is_expanded():
    out = run(call(wrapper(("ls", {}), ("cat", {"f": "ä"})), name="multi_tool_use.parallel"), CALLS, DONE)
    assert [(c.name, c.call_id, c.arguments, c.input, c.state) for c in verdicts(out)] == [
        ("ls", "a_1", "{}", {}, "repaired"),
        ("cat", "a_2", '{"f":"ä"}', {"f": "ä"}, "repaired"),
    ]
    assert quirks(out) == ["parallel_wrapper"]
    started = [event.item_id for event in out if isinstance(event, ItemStarted)]
    assert started == [event.item_id for event in out if isinstance(event, ItemFinished)]
    assert len(set(started)) == 2
    response = Response.from_events([*out, StreamEnded()])
    assert [c.name for c in response.tool_calls] == ["ls", "cat"]


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        (wrapper(("ls", {})), ["multi_tool_use.parallel"]),
        ('{"tool_uses":[]}', None),
        ('{"tool_uses":[{"recipient_name":"functions.ls"}]}', None),
        ('{"tool_uses":[{"recipient_name":"functions.ls","parameters":{}}],"more":1}', None),
        ('{"tool_uses":{"a":1}}', None),
    ],
)
def test_d39_otherwise_it_is_left_as_it_is(text, tools):
    out = run(call(text, name="multi_tool_use.parallel"), CALLS, DONE, tools=tools)
    assert (only(out).name, only(out).arguments, only(out).state) == ("multi_tool_use.parallel", text, "complete")


def test_d40_extras_are_kept():
    pieces = [
        *call("{}", extra=None),
        CallFragment(index=0, extra={"sig": "Q"}),
        CallFragment(index=0, extra={"sig": "R"}),
    ]
    out = run(pieces, CALLS, DONE)
    assert only(out).extra == {"sig": "R"}
    out = run(call("{}", extra={"sig": "Q"}), CALLS, DONE)
    assert only(out).extra == {"sig": "Q"}


@pytest.mark.parametrize("text", ["[1,2]", '"ls"', "3"])
def test_d47_values_that_are_no_object(text):
    out = run(call(text), CALLS, DONE)
    found = only(out)
    assert (found.state, found.reason, found.input) == ("invalid", "not-an-object", json.loads(text))
    assert found.arguments == text


def test_d49_an_item_marked_incomplete():
    end = FinishClaimed(finish_reason="length", raw_finish_reason="incomplete:max_output_tokens", terminal=True)
    out = run(item('{"a":"x', status="incomplete"), end)
    assert (only(out).state, only(out).reason) == ("truncated", "incomplete:max_output_tokens")
    out = run(item('{"a":"x"}', status="incomplete"), STOP)
    assert only(out).state == "truncated"


def test_d50_announced_and_abandoned():
    out = run(call(), TextDelta(text="Actually, …"), STOP, DONE)
    assert (only(out).state, only(out).reason) == ("invalid", "abandoned")
    assert finish(out).finish_reason == "stop"
    out = run(TextDelta(text="Let me see"), call(), STOP, DONE)
    assert only(out).state == "complete"
    assert finish(out).finish_reason == "tool_calls"
    out = run(call(), TextDelta(text="Actually, …"), CALLS, DONE)
    assert only(out).state == "complete"


def test_d15_a_cut_behind_a_call_that_ended_without_arguments_leaves_it_whole():
    announced = ItemStarted(key=0, type="function_call", name="now", call_id="a", details={"input": {}})
    ended = [announced, ItemFinished(key=0)]
    text = [ItemStarted(key=1, type="message"), TextDelta(key=1, text="It is"), ItemFinished(key=1)]
    out = run(ended, text, LENGTH, DONE)
    assert (only(out).state, only(out).input) == ("complete", {})
    assert only(run(ended, LENGTH, DONE)).state == "truncated"
    assert only(run(ended, text)).state == "complete"


def test_d51_nested_strings_are_left_alone():
    out = run(call('{"todos":"[1]"}'), CALLS, DONE)
    assert (only(out).state, only(out).input) == ("complete", {"todos": "[1]"})


def test_d54_control_tokens_are_noted():
    out = run(call('{"t": "<|im_start|>hello"}'), CALLS, DONE)
    assert (only(out).state, quirks(out)) == ("complete", ["tool_args_suspect"])
    out = run(call('{"t": "<|\\"|>hello<|\\"|>"}'), CALLS, DONE)
    assert (only(out).state, quirks(out)) == ("complete", ["tool_args_suspect"])
    assert quirks(run(call('{"t": "a <| b |> c"}'), CALLS, DONE)) == []
    assert only(run(call('{"t": "<|\\x|>"}'), CALLS, DONE)).state == "invalid"


def test_j05_too_deep():
    out = run(call('{"a":' + "[" * 1000, "]" * 1000 + "}"), CALLS, DONE)
    assert (only(out).state, only(out).reason) == ("invalid", "too-deep")


def test_d43_server_side_items_are_nothing_to_run():
    started = ItemStarted(key=0, type="web_search_call", name="web_search")
    out = run(started, ArgumentsDelta(key=0, text="{}"), ItemFinished(key=0), STOP, DONE)
    assert verdicts(out) == []
    assert finish(out).finish_reason == "stop"


def test_c13_stop_although_there_are_calls():
    out = run(call("{}"), STOP, DONE)
    assert (finish(out).finish_reason, finish(out).raw_finish_reason) == ("tool_calls", "stop")
    assert quirks(out) == ["finish_corrected"]
    out = run(call('"no'), STOP, DONE)
    assert finish(out).finish_reason == "stop"
    for reason in ("length", "content_filter"):
        out = run(item("{}"), FinishClaimed(finish_reason=reason), DONE)
        assert only(out).state == "complete"
        assert finish(out).finish_reason == reason
        assert quirks(out) == []


def test_c13_per_choice():
    second = FinishClaimed(finish_reason="stop", raw_finish_reason="stop", choice=1)
    out = run(TextDelta(text="hi"), call("{}", choice=1), STOP, second, DONE)
    assert finish(out).finish_reason == "stop"
    assert finish(out).finishes == ((0, "stop", "stop"), (1, "tool_calls", "stop"))
    out = run(TextDelta(text="hi"), call("{}", choice=1), STOP, DONE)
    assert finish(out).finish_reason == "tool_calls"


def test_c08_no_finish_reason():
    out = run(call("{}"), call('{"a":1}', index=1, call_id="b"), DONE)
    assert (finish(out).finish_reason, finish(out).raw_finish_reason) == ("tool_calls", "")
    for text in ('{"a":1', '{"a":{"b":"c"}', '{"a":"x'):
        out = run(call("{}"), call(text, index=1, call_id="b"), DONE)
        assert [found.state for found in verdicts(out)] == ["complete", "truncated"]
        assert (finish(out).finish_reason, finish(out).status) == ("truncated", "incomplete")
    out = run(TextDelta(text="hi"), DONE)
    assert finish(out).finish_reason == "stop"


def test_verdicts_come_in_order_and_before_the_finish():
    out = run(item("", key=0), item('{"a":1,}', key=1, call_id="b"), item('{"a', key=2, call_id="c"), CALLS, DONE)
    assert [(c.call_id, c.state) for c in verdicts(out)] == [("a", "complete"), ("b", "repaired"), ("c", "truncated")]
    assert type(out[-1]) is ResponseFinished


def test_replaced_arguments_count():
    done = ItemClaimed(key=0, type="function_call", parts=(PartClaim("arguments", '{"b":1}'),))
    out = run(ItemStarted(key=0, type="function_call", name="ls", call_id="a"), ArgumentsDelta(key=0, text='{"a'), done)
    assert (only(out).arguments, only(out).state) == ('{"b":1}', "complete")


@given(
    st.sampled_from(
        [
            "",
            "{}",
            '{"a":"b\\"{"}',
            '{"a":1,}',
            '{"a":{"b":[1,"x"]',
            '{"a":1}}}',
            '{"a":"x',
            "null",
            '"{}"',
            "[1]",
            '{"a":"\n"}',
        ]
    ),
    st.data(),
)
def test_any_cut_of_the_arguments_gives_the_same_verdict(text, data):
    at = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=5)))
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    whole, cut = run(call(text), CALLS, DONE), run(call(*pieces), CALLS, DONE)
    assert only(cut) == only(whole)
    assert quirks(cut) == quirks(whole)


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()), min_size=1), st.data())
def test_d24_a_cut_stream_never_makes_a_usable_call(value, data):
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    for ending in ([], [LENGTH, DONE], [DONE]):
        for found in verdicts(run(call(cut), *ending)):
            assert found.state == "truncated" or (ending == [DONE] and not cut)


def test_j07_work_is_linear_in_the_number_of_deltas():
    def taking(count):
        def run():
            stage = ToolCalls()
            list(stage.feed(ItemStarted(item_id="i", type="function_call", name="f", call_id="c")))
            stage.feed(ArgumentsDelta(item_id="i", text='{"a":"'))
            for _ in range(count):
                stage.feed(ArgumentsDelta(item_id="i", text="x" * 100))
            stage.feed(ArgumentsDelta(item_id="i", text='"}'))
            (_, ready) = stage.feed(ItemFinished(item_id="i"))
            assert ready.call.state == "complete"

        return run

    held_linear(taking, n=1000)


def test_d11_one_id_for_many_calls_costs_no_more_each_time():
    def prepare(n):
        ids = CallIds()
        return lambda: [ids.take(0, "c") for _ in range(n)]

    held_linear(prepare)
    ids = CallIds()
    assert [ids.take(0, each) for each in ("c", "c_d2", "c", "c", "c_d2")] == ["c", "c_d2", "c_d3", "c_d4", "c_d2_d2"]
    assert ids.take(1, "c") == "c"


def test_d05_piled_objects_are_held_against_empty_calls_only():
    def prepare(n):
        items = [call('{"a":1}{"a":2}{"a":3}', index=at, call_id=f"c{at}") for at in range(n)]
        return lambda: run(*items, CALLS, DONE)

    held_linear(prepare, n=60)


def test_d05_calls_whose_text_was_replaced_are_not_empty():
    replaced = ItemClaimed(key=1, type="function_call", parts=(PartClaim("arguments", '{"b":1}'),), finish=False)
    starts = [ItemStarted(key=at, type="function_call", name="ls", call_id=f"c{at}") for at in (0, 1)]
    log = run(
        *starts,
        ArgumentsDelta(key=0, text='{"a":1}{"a":2}'),
        ArgumentsDelta(key=1, text='{"b":'),
        replaced,
        *(ItemFinished(key=at) for at in (0, 1)),
        CALLS,
        DONE,
    )
    ready = [event.call.arguments for event in log if isinstance(event, ToolCallReady)]
    assert ready == ['{"b":1}']


def test_j01_a_call_whose_input_held_half_a_character_is_repaired_and_says_so():
    raw = r'{"a\ud83d":"\ud83d"}'
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": raw}}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}
    body = f"data: {json.dumps({'id': 'i', 'choices': [choice]})}\n\ndata: [DONE]\n\n"
    response = streamkit.assemble(body.encode(), dialect="chat")
    (found,) = response.tool_calls
    assert (found.state, found.reason, found.input) == ("repaired", "lone-surrogate", {"a\ufffd": "\ufffd"})
    assert found.arguments == raw
    assert [(quirk.id, quirk.item_ids) for quirk in response.quirks] == [("lone_surrogate", (found.item_id,))]

"""Group E, reasoning: silent cases, and what a profile adds."""

from counted_work import held_linear
from piping import chat, named, response_of, seen

import streamkit
from streamkit.profile import Profile

CREATED = {"type": "response.created", "response": {"id": "r"}}
COMPLETED = {"type": "response.completed", "response": {"id": "r", "status": "completed"}}


def summary(index, delta):
    return {
        "type": "response.reasoning_summary_text.delta",
        "output_index": 0,
        "item_id": "rs",
        "summary_index": index,
        "delta": delta,
    }


def begun(item):
    return {"type": "response.output_item.added", "output_index": 0, "item": item}


def over(item):
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


def test_e04_a_profile_knows_that_the_answer_begins_inside_a_block():
    data = chat("Okay, the user", " wants…\n</thi", "nk>\n\nhi")
    response = response_of(data, "chat", Profile(starts_in_think=True))
    assert (response.text, response.reasoning, seen(response)) == ("hi", "Okay, the user wants…\n", ["think_block"])
    assert seen(response_of(data, "chat")) == ["think_opener_missing"]


def test_e16_repeated_reasoning_passes_unless_a_profile_drops_it():
    pieces = [{"reasoning_content": "Thinking... "}] * 3
    data = chat(*pieces, {"reasoning_content": "so"}, *pieces[:1], "|", "|")
    plain = response_of(data, "chat")
    assert (plain.reasoning, plain.quirks) == ("Thinking... " * 3 + "soThinking... ", ())
    dropped = response_of(data, "chat", Profile(drop_repeated_reasoning=True))
    assert (dropped.reasoning, dropped.text) == ("Thinking... soThinking... ", "||")
    assert [(quirk.id, quirk.count) for quirk in dropped.quirks] == [("reasoning_repeat", 2)]


def test_e17_summary_parts_are_parts_of_their_own():
    item = {"id": "rs", "type": "reasoning", "summary": []}
    whole = {**item, "summary": [{"type": "summary_text", "text": "**A**"}, {"type": "summary_text", "text": "**B**"}]}
    data = named(CREATED, begun(item), summary(0, "**A**"), summary(1, "**B**"), over(whole), COMPLETED)
    response = response_of(data, "responses")
    (reasoning,) = response.items
    assert [(part.kind, part.index, part.text) for part in reasoning.parts] == [
        ("summary", 0, "**A**"),
        ("summary", 1, "**B**"),
    ]


def test_e19_encrypted_reasoning_without_text_is_usable_output():
    item = {"id": "rs", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    cut = response_of(named(CREATED, begun(item), over(item)), "responses")
    assert (cut.items[0].signature, cut.items[0].signature_kind) == ("gAAA", "encrypted_content")
    assert (cut.status, cut.finish_reason, cut.errors[0].code) == ("incomplete", "truncated", "truncated")
    whole = response_of(named(CREATED, begun(item), over(item), COMPLETED), "responses")
    assert (whole.status, whole.empty, whole.thought, whole.reasoning) == ("completed", False, True, "")


def test_e20_temporary_ids_are_kept_as_they_are():
    item = {"id": "rs_tmp_8f", "type": "reasoning", "summary": [], "encrypted_content": "gAAA"}
    response = response_of(named(CREATED, begun(item), over(item), COMPLETED), "responses")
    assert (response.items[0].id, response.items[0].signature) == ("rs_tmp_8f", "gAAA")


def test_e21_an_answer_in_the_reasoning_channel():
    data = chat({"reasoning_content": "so the answer"}, {"reasoning_content": " is 4"})
    plain = response_of(data, "chat")
    assert (plain.text, plain.reasoning, seen(plain)) == ("", "so the answer is 4", ["reasoning_only"])
    moved = response_of(data, "chat", Profile(answer_in_reasoning=True))
    assert (moved.text, moved.reasoning, seen(moved)) == ("so the answer is 4", "", ["promoted_reasoning"])


def test_e21_of_a_wrapper_the_content_is_the_answer():
    data = chat({"reasoning_content": "hm <response>4</respo"}, {"reasoning_content": "nse> so"})
    response = response_of(data, "chat", Profile(answer_in_reasoning=True))
    assert (response.text, response.reasoning) == ("4", "hm  so")


def test_e21_nothing_is_moved_where_an_answer_came():
    call = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "ls", "arguments": "{}"}}]}
    for data in (
        chat({"reasoning_content": "hm"}, "4"),
        chat({"reasoning_content": "hm"}, call, finish="tool_calls"),
        chat({"reasoning_content": "hm"}, finish="length"),
    ):
        assert response_of(data, "chat", Profile(answer_in_reasoning=True)).reasoning == "hm"


def test_e29_one_huge_piece_of_reasoning():
    long = "thought " * 25_000
    response = streamkit.assemble([chat({"reasoning_content": long}, "4")], "chat")
    assert (response.reasoning, response.text) == (long, "4")

    def reading(times):
        data = chat({"reasoning_content": "<think>a</think> `b` " * times}, "x")
        return lambda: streamkit.assemble([data], "chat")

    held_linear(reading, n=200)


def test_e32_the_shape_follows_what_came_alone():
    with_thought = response_of(chat({"reasoning_content": "hm"}, "4"), "chat")
    without = response_of(chat("4"), "chat")
    assert type(with_thought.text) is type(without.text) is str
    assert (with_thought.text, without.text) == ("4", "4")
    assert [item.type for item in with_thought.items] == ["reasoning", "message"]
    assert [item.type for item in without.items] == ["message"]
    assert with_thought.to_dict().keys() == without.to_dict().keys()

"""Which item is meant on a Responses wire whose ids, indexes and numbers cannot be trusted."""

import pytest
from responses_wire import (
    CREATED,
    added,
    arguments,
    call,
    decoded,
    delta,
    done,
    ended,
    message,
    numbered,
    piece,
    quirks,
    read,
)

from streamkit.evidence import NumberPassed


def test_ids_that_change_b10():
    response = read(
        CREATED,
        added(message(item_id="A")),
        delta("h", item_id="B"),
        delta("i", item_id="C"),
        done(message("hi", item_id="D")),
        ended([message()]),
    )
    assert (response.text, [item.id for item in response.items], quirks(response)) == ("hi", ["A"], ["rotating_ids"])


def test_raw_reasoning_in_parts_whose_ids_change_b10():
    thought = {"type": "reasoning_text", "text": "well"}
    response = read(
        CREATED,
        added({"id": "A", "type": "reasoning", "summary": [], "content": []}),
        piece("content_part.added", item_id="B", content_index=0, part={**thought, "text": ""}),
        piece("reasoning_text.delta", item_id="C", content_index=0, delta="well"),
        piece("reasoning_text.done", item_id="D", content_index=0, text="well"),
        piece("content_part.done", item_id="E", content_index=0, part=thought),
        done({"id": "F", "type": "reasoning", "summary": [], "content": [thought]}),
        ended([{"id": "F", "type": "reasoning", "summary": []}]),
    )
    assert (response.reasoning, [item.type for item in response.items]) == ("well", ["reasoning"])
    assert quirks(response) == ["rotating_ids", "reasoning_only"]


def test_a_constant_index_is_overruled_by_known_ids_b11():
    response = read(
        CREATED,
        added(call(item_id="a", call_id="c1"), 0),
        added(call(item_id="b", call_id="c2"), 1),
        arguments('{"n":1}', 0, "a"),
        arguments('{"n":2}', 0, "b"),
        done(call('{"n":1}', "a", "c1"), 0),
        done(call('{"n":2}', "b", "c2"), 1),
        ended([call(), call()]),
    )
    assert [one.input for one in response.tool_calls] == [{"n": 1}, {"n": 2}]
    assert quirks(response) == ["index_unreliable"]


@pytest.mark.parametrize("together", [False, True])
def test_one_index_for_all_items_is_told_b11(together):
    said = [added(message()), delta("hi"), done(message("hi"))]
    first = [added(call(item_id="a", call_id="c1")), arguments('{"n":1}', 0, "a"), done(call('{"n":1}', "a", "c1"))]
    second = [added(call(item_id="b", call_id="c2")), arguments('{"n":2}', 0, "b"), done(call('{"n":2}', "b", "c2"))]
    calls = [frame for pair in zip(first, second, strict=True) for frame in pair] if together else [*first, *second]
    response = read(CREATED, *said, *calls, ended([message(), call(), call()]))
    assert (response.text, [one.input for one in response.tool_calls]) == ("hi", [{"n": 1}, {"n": 2}])
    assert quirks(response) == ["index_unreliable"]


def test_no_indexes_at_all_b11():
    frames = [added(message()), delta("hi"), done(message("hi"))]
    bare = [{name: value for name, value in each.items() if name != "output_index"} for each in frames]
    response = read(CREATED, *bare, ended([message()]))
    assert (response.text, len(response.items), quirks(response)) == ("hi", 1, ["index_missing"])


def test_the_last_call_id_is_the_one_b12():
    response = read(
        CREATED, added(call(call_id="tmp")), arguments("{}"), done(call("{}", call_id="c9")), ended([call()])
    )
    assert ([one.call_id for one in response.tool_calls], quirks(response)) == (["c9"], ["call_id_changed"])


def test_items_are_ordered_by_their_indexes_b14():
    response = read(CREATED, *(done(message(text, f"m{at}"), at) for at, text in ((1, "b"), (0, "a"))), ended())
    assert (response.text, [item.id for item in response.items]) == ("ab", ["m0", "m1"])


def test_commentary_is_no_answer_b15():
    response = read(
        CREATED,
        added(message(phase="commentary")),
        delta("Let me look."),
        done(message("Let me look.", phase="commentary")),
        added(message(item_id="m2", phase="final_answer"), 1),
        delta("Done.", 1, "m2"),
        done(message("Done.", "m2", phase="final_answer"), 1),
        ended([message(), message()]),
    )
    assert response.text == "Done."
    assert [item.phase for item in response.items] == ["commentary", "final_answer"]


def test_the_same_item_announced_twice_b37():
    response = read(CREATED, added(call()), added(call()), arguments("{}"), done(call("{}")), ended([call()]))
    assert (len(response.tool_calls), quirks(response)) == (1, ["item_reannounced"])


def test_the_same_item_finished_twice_d45():
    frames = (added(call()), arguments("{}"), done(call("{}")), done(call("{}")))
    response = read(CREATED, *frames, ended([call()]))
    assert (len(response.tool_calls), quirks(response)) == (1, ["item_finished_twice"])


# numbers (B13, B33, B34)


def test_every_numbered_frame_is_accounted_for():
    frames = numbered(
        CREATED,
        {**CREATED, "type": "response.in_progress"},
        added(message()),
        piece("content_part.added", content_index=0, part={"type": "output_text", "text": ""}),
        delta("a"),
        delta(None),
        {"type": "keepalive"},
        {"type": "response.audio.delta", "delta": "UklG"},
        piece("web_search_call.searching"),
        piece("output_text.done", content_index=0, text="a"),
        piece("content_part.done", content_index=0, part={"type": "output_text", "text": "a"}),
        done(message("a")),
        ended([message()]),
    )
    seen = {event.sequence_number for each in frames for event in decoded(each)} - {None}
    assert seen == set(range(len(frames)))
    assert not {"sequence_gap", "sequence_disorder", "duplicate_frame"} & set(quirks(read(*frames)))


def test_an_error_frame_has_its_number_accounted_for():
    [passed, error] = decoded({"type": "error", "sequence_number": 3, "code": "x", "message": "boom"})
    assert (passed, error.error.message) == (NumberPassed(sequence_number=3), "boom")


def test_a_frame_sent_twice_is_taken_once_b33():
    frames = numbered(CREATED, added(message()), delta("a"), delta("b"), done(message("ab")), ended([message()]))
    response = read(*frames[:3], frames[2], *frames[3:])
    assert (response.text, quirks(response)) == ("ab", ["duplicate_frame"])


def bare(*frames):
    """Frames that name no item."""
    return [{name: v for name, v in each.items() if name not in ("output_index", "item_id")} for each in frames]


def thought(text):
    return {"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": text}


def test_pieces_that_name_no_item_go_to_items_of_their_own_kind_b11_e17():
    response = read(CREATED, *bare(thought("r"), delta("h"), thought("s"), delta("i")), ended([]))
    assert [(item.type, item.text, item.reasoning) for item in response.items] == [
        ("reasoning", "", "rs"),
        ("message", "hi", ""),
    ]
    assert next((quirk.id, quirk.count) for quirk in response.quirks) == ("implicit_item", 2)


def test_arguments_that_name_no_item_are_no_part_of_another_one():
    response = read(CREATED, *bare(thought("r"), arguments("{}")), done(call("{}", item_id="")), ended([call("{}")]))
    assert [(one.name, one.arguments) for one in response.tool_calls] == [("look", "{}")]


def test_text_without_a_name_behind_the_end_of_reasoning_is_not_late_e18():
    over = {"type": "response.output_item.done", "item": {"type": "reasoning", "summary": [{"text": "r"}]}}
    response = read(CREATED, *bare(thought("r")), over, *bare(delta("hi")), ended([]))
    assert (response.reasoning, response.text) == ("r", "hi")
    assert "delta_after_done" not in quirks(response)

"""Items of the Responses API whose members have undocumented JSON types: nothing that they say is lost."""

import json

import pytest
from responses_wire import CREATED, added, arguments, call, delta, done, ended, message, piece, quirks, read, sse

import streamkit
from streamkit.errors import QuirkRefused
from streamkit.events import MediaAdded

PATH = {"path": "/tmp/x", "deep": [1, {"b": None}]}
WRITTEN = '{"path":"/tmp/x","deep":[1,{"b":null}]}'


def calls(response):
    return [(each.name, each.arguments, each.input, each.state) for each in response.tool_calls]


def test_arguments_as_an_object_in_an_item_are_its_text_d17():
    whole = call(PATH, name="rm")
    response = read(CREATED, added(call("", name="rm")), done(whole), ended([whole]))
    assert calls(response) == [("rm", WRITTEN, PATH, "complete")]
    assert quirks(response) == ["tool_args_object", "done_fills"]


def test_arguments_as_an_object_in_a_whole_body_d17():
    body = json.dumps({"object": "response", "id": "r1", "status": "completed", "output": [call(PATH, name="rm")]})
    response = streamkit.assemble([b"data: " + body.encode() + b"\n\n"], "responses")
    assert calls(response) == [("rm", WRITTEN, PATH, "complete")]
    assert "tool_args_object" in quirks(response)


@pytest.mark.parametrize(("given", "written"), [({"q": 1}, '{"q":1}'), (["a", 2], '["a",2]')])
def test_custom_input_as_a_value_is_its_text_d17(given, written):
    item = {"id": "ct1", "type": "custom_tool_call", "call_id": "c1", "name": "look", "input": given}
    response = read(CREATED, added({**item, "input": ""}), done(item), ended([item]))
    assert [(each.arguments, each.state) for each in response.tool_calls] == [(written, "complete")]
    assert quirks(response) == ["tool_args_object", "done_fills"]


def test_strict_mode_refuses_an_object_as_arguments():
    body = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in (CREATED, done(call(PATH)), ended()))
    with pytest.raises(QuirkRefused):
        streamkit.assemble([body], "responses", strict=True)


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "output_text", "text": {"value": "TEXT"}}],
        [{"type": "output_text", "text": ["TE", "XT"]}],
        [{"type": "output_text", "text": [{"type": "text", "text": "TEXT"}]}],
        [{"text": "TEXT"}],
        {"type": "output_text", "text": "TEXT"},
        ["TE", "XT"],
        {"type": "output_text", "text": {"value": "TEXT"}},
    ],
)
def test_text_of_an_item_in_another_json_type_is_read_f19(content):
    item = {**message(), "content": content}
    response = read(CREATED, added(message()), done(item), ended([item]))
    assert response.text == "TEXT"
    assert "item_shape" in quirks(response)


def test_a_refusal_in_another_json_type_is_read_f19():
    item = {**message(), "content": [{"type": "refusal", "refusal": {"text": "no"}}]}
    response = read(CREATED, added(message()), done(item), ended())
    assert response.refusal == "no"


def test_a_summary_of_bare_strings_is_read_f19():
    item = {"id": "rs1", "type": "reasoning", "summary": ["first", "second"]}
    response = read(CREATED, added({**item, "summary": []}), done(item), ended([item]))
    assert [(each.type, each.reasoning) for each in response.items] == [("reasoning", "firstsecond")]
    assert "item_shape" in quirks(response)


def test_a_part_of_an_unknown_type_is_named_f19():
    part = {"type": "output_scent", "scent": "pine"}
    item = {**message(), "content": [{"type": "output_text", "text": "a"}, part]}
    response = read(CREATED, added(message()), done(item), ended([item]))
    assert response.text == "a"
    assert [quirk.data for quirk in response.quirks if quirk.id == "member_unreadable"] == [part]


def test_pictures_and_sounds_in_an_item_are_media_f12():
    picture = {"type": "output_image", "image_url": "https://example.test/a.png"}
    sound = {"type": "output_audio", "data": "AAAA", "transcript": "hello", "format": "wav"}
    item = {**message(), "content": [picture, sound]}
    log = list(streamkit.iter_events([sse(CREATED, added(message()), done(item), ended([item]))], "responses"))
    media = [(each.media_type, each.url, each.data, each.transcript) for each in log if isinstance(each, MediaAdded)]
    assert media == [("image", "https://example.test/a.png", "", ""), ("audio", "", "AAAA", "hello")]


def test_sound_that_came_in_pieces_is_not_there_twice_f12():
    item = {**message(), "content": [{"type": "output_audio", "data": "AAAA"}]}
    heard = {"type": "response.audio.delta", "output_index": 0, "item_id": "m1", "delta": "AAAA"}
    log = list(streamkit.iter_events([sse(CREATED, added(message()), heard, done(item), ended([item]))], "responses"))
    assert [each.data for each in log if isinstance(each, MediaAdded)] == ["AAAA"]


@pytest.mark.parametrize("kind", ["content_part.added", "content_part.done"])
def test_a_strange_part_without_its_items_snapshot_is_named(kind):
    part = {"type": "output_image", "image_url": "https://example.test/a.png"}
    frames = [CREATED, added(message()), piece(kind, content_index=0, part=part)]
    response = read(*frames, ended())
    assert [quirk.data for quirk in response.quirks if quirk.id == "member_unreadable"] == [part]
    whole = read(*frames, done({**message(), "content": [part]}), ended())
    assert "member_unreadable" not in quirks(whole)


@pytest.mark.parametrize("part", ["TEXT", ["TE", "XT"], {"type": "output_text", "text": {"value": "TEXT"}}])
def test_a_part_that_is_its_text_is_read_f19(part):
    response = read(CREATED, added(message()), piece("content_part.done", content_index=0, part=part), ended())
    assert response.text == "TEXT"
    assert "item_shape" in quirks(response)


def test_what_an_announcement_says_counts_where_no_snapshot_comes_b06():
    whole = message("TEXT")
    assert read(CREATED, added(whole), ended([whole])).text == "TEXT"
    assert read(CREATED, added(whole), delta("TEXT"), ended([whole])).text == "TEXT"
    assert read(CREATED, added(whole), done(whole), ended([whole])).text == "TEXT"


def test_an_announcement_replaces_nothing_that_was_streamed_b06():
    spoken = read(CREATED, added(message("Hel")), delta("lo"), ended())
    assert spoken.text == "lo"
    assert [quirk.data for quirk in spoken.quirks if quirk.id == "done_differs"] == ["Hel"]
    called = read(CREATED, added(call('{"a":1}')), arguments('{"b":2}'), ended())
    assert [one.arguments for one in called.tool_calls] == ['{"b":2}']
    assert "done_differs" in quirks(called)
    assert read(CREATED, added(message("Hel")), delta("lo"), done(message("Hello")), ended()).text == "Hello"


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "code": "server_error", "message": "boom"},
        {"type": "response.error", "error": {"message": "boom"}},
        {"error": {"message": "boom"}},
    ],
)
def test_an_announcement_counts_before_the_error_that_comes_behind_it_b06(error):
    body = sse(CREATED, added(message("TEXT")), error)
    response = streamkit.assemble(body, "responses", on_error="event")
    assert (response.text, [one.message for one in response.errors]) == ("TEXT", ["boom"])
    assert "after_terminal" not in quirks(response)


def test_announcements_without_an_end_are_not_kept_without_a_bound_j06():
    pulled = []

    def frames():
        for at in range(100):
            pulled.append(at)
            yield sse(added({**message("x" * 100), "id": f"m{at}"}, at))

    response = streamkit.assemble(
        frames(), "responses", limits=streamkit.Limits(item=1_000, text=1_500), on_error="event"
    )
    assert [error.limit for error in response.errors] == ["text"]
    assert len(pulled) < 30
    assert 1_000 < len(response.text) <= 1_500


def test_arguments_of_an_announcement_count_where_nothing_else_comes_b06():
    begun = call('{"a":1}')
    assert calls(read(CREATED, added(begun), ended([begun])))[0][1:3] == ('{"a":1}', {"a": 1})
    told = read(CREATED, added(call("{}")), arguments('{"a":1}'), ended())
    assert told.tool_calls[0].input == {"a": 1}

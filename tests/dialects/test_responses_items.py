"""Items that the server runs itself, and media, on the Responses wire (D43, F12)."""

import pytest
from responses_wire import (
    CREATED,
    added,
    done,
    ended,
    message,
    piece,
    quirks,
    read,
    spoken,
)

SERVER_SIDE = {
    "web_search_call": {"action": {"type": "search", "query": "tides"}},
    "file_search_call": {"queries": ["tides"], "results": [{"file_id": "f1", "score": 0.5}]},
    "computer_call": {"call_id": "cc1", "action": {"type": "click", "x": 1, "y": 2}},
    "code_interpreter_call": {"code": "1+1", "container_id": "cn1", "outputs": [{"type": "logs", "logs": "2"}]},
    "mcp_call": {"name": "find", "server_label": "docs", "arguments": '{"q":"x"}', "output": "found"},
    "mcp_list_tools": {"server_label": "docs", "tools": [{"name": "find"}]},
    "local_shell_call": {"call_id": "ls1", "action": {"type": "exec", "command": ["ls"]}},
}


@pytest.mark.parametrize(("kind", "members"), SERVER_SIDE.items())
def test_what_the_server_runs_is_no_call_of_the_clients_d43(kind, members):
    item = {"id": "x1", "type": kind, "status": "completed", **members}
    response = read(
        CREATED,
        added({"id": "x1", "type": kind, "status": "in_progress"}),
        piece(f"{kind}.in_progress", item_id="x1"),
        piece(f"{kind}.completed", item_id="x1"),
        done(item),
        *({**each, "output_index": 1} for each in spoken("ok")),
        ended([item, message()]),
    )
    assert [(one.id, one.type) for one in response.items] == [("x1", kind), ("m1", "message")]
    assert response.items[0].details == item
    assert (response.tool_calls, response.dropped_calls, response.finish_reason) == ((), (), "stop")
    assert (response.text, quirks(response)) == ("ok", [])


@pytest.mark.parametrize("name", ["mcp_call_arguments", "mcp_call.arguments"])
def test_arguments_of_a_server_side_call_stay_with_their_item_d43(name):
    item = {"id": "x1", "type": "mcp_call", "name": "find", "arguments": '{"q":1}', "output": None}
    response = read(
        CREATED,
        added({**item, "arguments": ""}),
        piece(f"{name}.delta", item_id="x1", delta='{"q"'),
        piece(f"{name}.delta", item_id="x1", delta=":1}"),
        piece(f"{name}.delta", item_id="x1", delta={"odd": 1}),
        piece(f"{name}.done", item_id="x1", arguments='{"q":1}'),
        done(item),
        ended([item]),
    )
    [one] = response.items
    assert (one.type, one.text_of("arguments"), one.details["arguments"]) == ("mcp_call", '{"q":1}', '{"q":1}')
    assert (response.tool_calls, response.finish_reason, quirks(response)) == ((), "stop", [])


IMAGE = {"id": "ig1", "type": "image_generation_call", "status": "completed", "output_format": "webp", "result": "UklG"}
ANNOUNCED = {"id": "ig1", "type": "image_generation_call", "status": "in_progress"}


@pytest.mark.parametrize(
    "frames",
    [(added(ANNOUNCED), done(IMAGE)), (done(IMAGE),), (added(ANNOUNCED), done(IMAGE), done(IMAGE))],
    ids=["announced", "only in done", "finished twice"],
)
def test_a_generated_image_is_media_of_its_item_f12(frames):
    response = read(CREATED, *frames, ended([IMAGE]))
    [one] = response.items
    assert (one.id, one.type) == ("ig1", "image_generation_call")
    assert one.media == ({"media_type": "image/webp", "data": "UklG"},)
    assert "result" not in one.details
    assert response.finish_reason == "stop"


def test_an_image_call_without_a_result():
    response = read(CREATED, added(ANNOUNCED), done({**IMAGE, "result": None}), ended([IMAGE]))
    assert (response.items[0].media, response.items[0].details["result"]) == ((), None)


def test_audio_is_media_with_its_words_f12():
    response = read(
        CREATED,
        {"type": "response.audio.delta", "delta": "UklG"},
        {"type": "response.audio.transcript.delta", "delta": "hel"},
        {"type": "response.audio.transcript.delta", "delta": "lo"},
        {"type": "response.audio.done"},
        ended(),
    )
    [one] = response.items
    assert [piece.get("data") for piece in one.media if "data" in piece] == ["UklG"]
    assert (one.text_of("transcript"), response.text) == ("hello", "")
    assert response.status == "completed"

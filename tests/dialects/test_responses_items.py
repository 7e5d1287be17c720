"""Items that the server runs itself, and media, on the Responses wire (D43, F12)."""

import pytest
from responses_wire import (
    CREATED,
    added,
    arguments,
    call,
    done,
    ended,
    message,
    piece,
    quirks,
    read,
    spoken,
    sse,
)

from streamkit import Limits, assemble

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


def test_xais_search_on_x_is_no_custom_call_of_the_clients_d43():
    item = {
        "id": "ctc_1",
        "type": "custom_tool_call",
        "call_id": "xs_call_1",
        "name": "x_keyword_search",
        "input": "{}",
    }
    response = read(
        CREATED,
        added({**item, "input": "", "status": "in_progress"}),
        piece("custom_tool_call_input.delta", item_id="ctc_1", delta="{}"),
        piece("custom_tool_call_input.done", item_id="ctc_1", input="{}"),
        done({**item, "status": "completed"}),
        *({**each, "output_index": 1} for each in spoken("ok")),
        ended([item, message()]),
    )
    assert [(one.type, one.details.get("name")) for one in response.items] == [
        ("x_search_call", "x_keyword_search"),
        ("message", None),
    ]
    assert (response.tool_calls, response.dropped_calls, response.finish_reason) == ((), (), "stop")
    assert (response.text, quirks(response)) == ("ok", [])


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


def test_audio_without_an_items_name_is_no_deviation_f12():
    response = read(
        CREATED,
        {"type": "response.audio.delta", "delta": "UklG"},
        {**ended(), "response": {"id": "r1", "status": "completed"}},
    )
    assert "implicit_item" not in quirks(response)
    named = read(
        CREATED,
        added(message(status="in_progress")),
        piece("audio.delta", delta="UklG"),
        done(message()),
        ended([message()]),
    )
    assert [(item.id, len(item.media)) for item in named.items] == [("m1", 1)]
    assert quirks(named) == []


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_how_the_servers_tool_ended_d43(status):
    item = {"id": "x1", "type": "mcp_call", "name": "find", "arguments": "{}", "status": status, "error": "no"}
    response = read(CREATED, added({**item, "status": "in_progress"}), done(item), ended([item]))
    assert [(one.status, one.details["error"]) for one in response.items] == [(status, "no")]
    assert (response.status, response.finish_reason, quirks(response)) == ("completed", "stop", [])


def streamed(kind, item_id, *texts, **members):
    return [piece(f"{kind}.delta", item_id=item_id, delta=text, **members) for text in texts]


def patched(text):
    return {"type": "response.apply_patch_call_operation_diff.delta", "output_index": 0, "delta": text}


def commanded(what, command, text):
    member = "delta" if what == "delta" else "command"
    return {"type": f"response.shell_call_command.{what}", "output_index": 0, "command_index": command, member: text}


CODE = streamed("code_interpreter_call_code", "i1", "print(", "1)")
COMMANDS = [
    commanded("added", 0, ""),
    commanded("delta", 0, "ls "),
    commanded("delta", 0, "-"),
    commanded("done", 0, "ls -l"),
    commanded("delta", 1, "cat"),
]
PRINTS = [{"stdout": "a"}, {"stderr": "no"}, {"stdout": "b"}]
OPERATION = {"type": "update_file", "path": "p"}
BEGUN = [  # as announced, the pieces, and what they amount to
    ({"type": "code_interpreter_call", "code": "", "container_id": "k"}, CODE, {"code": "print(1)"}),
    (
        {"type": "apply_patch_call", "operation": {**OPERATION, "diff": ""}},
        [patched("+a"), patched("+b")],
        {"operation": {"diff": "+a+b"}},
    ),
    ({"type": "shell_call", "action": {"commands": []}}, COMMANDS, {"action": {"commands": ["ls -l", "cat"]}}),
    (
        {"type": "shell_call_output", "output": []},
        streamed("shell_call_output_content", "i1", *PRINTS, command_index=0),
        {"output": [{"stderr": "no", "stdout": "ab"}]},
    ),
    (  # the first command and the third printed nothing
        {"type": "shell_call_output", "output": []},
        [
            *streamed("shell_call_output_content", "i1", *PRINTS, command_index=1),
            *streamed("shell_call_output_content", "i1", {"stdout": "c", "stderr": "d"}, command_index=3),
        ],
        {"output": [{"stderr": "no", "stdout": "ab"}, {"stderr": "d", "stdout": "c"}]},
    ),
]


@pytest.mark.parametrize(("item", "frames", "details"), BEGUN, ids=[each[0]["type"] for each in BEGUN])
@pytest.mark.parametrize("end", [[], [ended((), "incomplete", incomplete_details={"reason": "max_output_tokens"})]])
def test_d43_what_a_server_side_tool_was_given_is_kept_where_its_item_never_ends(item, frames, details, end):
    begun = {**item, "id": "i1", "status": "in_progress"}
    (one,) = read(CREATED, added(begun), *frames, *end).items
    expected = {**begun, **details}
    if "operation" in details:
        expected["operation"] = {**OPERATION, **details["operation"]}
    assert (one.id, one.type, one.details) == ("i1", item["type"], expected)
    (unannounced,) = read(CREATED, *frames, *end).items
    assert (unannounced.type, unannounced.details) == (item["type"], details)


def test_d43_the_snapshot_of_a_server_side_tool_has_the_last_word():
    begun = {"id": "i1", "type": "code_interpreter_call", "code": ""}
    whole = {**begun, "code": "print(2)", "outputs": None}
    assert read(CREATED, added(begun), *CODE, done(whole), ended([whole])).items[0].details == whole
    bare = {"id": "i1", "type": "code_interpreter_call"}
    assert read(CREATED, added(begun), *CODE, done(bare), ended([bare])).items[0].details["code"] == "print(1)"
    for late in ([done(whole), *CODE, ended([whole])], [done(whole), ended([whole]), *CODE]):
        (one,) = read(CREATED, added(begun), *late).items
        assert one.details == whole


def test_j06_what_a_server_side_tool_is_given_is_bounded():
    begun = {"id": "i1", "type": "code_interpreter_call", "code": ""}
    frames = streamed("code_interpreter_call_code", "i1", *["x" * 10] * 9)
    response = assemble(sse(CREATED, added(begun), *frames), "responses", limits=Limits(arguments=50), on_error="event")
    assert (response.errors[0].kind, response.errors[0].limit) == ("limit", "arguments")
    assert set(response.items[0].details["code"]) == {"x"}


def test_what_a_call_says_beyond_its_fields_goes_back_with_it_d40():
    caller = {"type": "program", "caller_id": "call_p"}
    item = {**call("{}"), "namespace": "crm", "caller": caller, "created_by": None}
    response = read(CREATED, added({**item, "arguments": ""}), arguments("{}"), done(item), ended([item]))
    assert [one.extra for one in response.tool_calls] == [{"namespace": "crm", "caller": caller}]
    assert quirks(response) == []
    assert read(CREATED, added(call("")), arguments("{}"), done(call("{}")), ended([call()])).tool_calls[0].extra == {}


def test_arguments_whose_start_was_lost_make_no_functions_call_b05():
    remote = {"id": "x1", "type": "mcp_call", "name": "find", "server_label": "docs", "arguments": '{"q":1}'}
    pieces = [piece("mcp_call_arguments.delta", item_id="x1", delta=text) for text in ('{"q"', ":1}")]
    response = read(CREATED, *pieces, done(remote), ended([remote]))
    assert [(item.type, item.text_of("arguments")) for item in response.items] == [("mcp_call", '{"q":1}')]
    assert (response.tool_calls, response.dropped_calls, quirks(response)) == ((), (), ["implicit_item"])


@pytest.mark.parametrize("names", [("c1", "c1"), ("z1", "z2")], ids=["its id", "ids that change"])
@pytest.mark.parametrize("announced", [True, False])
def test_free_text_stays_free_text_d31(names, announced):
    item = {"id": "c1", "type": "custom_tool_call", "call_id": "k1", "name": "patch", "input": "*** go"}
    pieces = [
        piece("custom_tool_call_input.delta", item_id=name, delta=text)
        for name, text in zip(names, ("*** ", "go"), strict=True)
    ]
    start = [added({**item, "input": ""})] if announced else []
    response = read(CREATED, *start, *pieces, done(item), ended([item]))
    [one] = response.tool_calls
    assert (one.name, one.arguments, one.kind, one.call_id) == ("patch", "*** go", "custom", "k1")
    assert response.dropped_calls == ()

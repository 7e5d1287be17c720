"""Items of the Responses API whose members have undocumented JSON types: nothing that they say is lost."""

import json

import pytest
from responses_wire import CREATED, added, call, done, ended, quirks, read

import streamkit
from streamkit.errors import QuirkRefused

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

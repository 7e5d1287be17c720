"""Group D, tool calls: markup that leaked into text, schemas, and silent cases."""

import pytest
from piping import chat, chunk, named, response_of, seen, sse

import streamkit
from streamkit.profile import Profile

KIMI = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.ls:0<|tool_call_argument_begin|>"
    '{"p":1}<|tool_call_end|><|tool_calls_section_end|>'
)
DEEPSEEK = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>ls\n```json\n"
    '{"p":1}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
)
DEEPSEEK_ASCII = DEEPSEEK.replace("｜", "|")
DEEPSEEK_SHORT = (
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>ls<｜tool▁sep｜>{"p":1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
)
DSML = (
    '<|DSML|function_calls>\n<|DSML|invoke name="ls">\n<|DSML|parameter name="p" string="false">1</|DSML|parameter>\n'
    "</|DSML|invoke>\n</|DSML|function_calls>"
)
HERMES = '\n<tool_call>\n{"name":"ls","arguments":{"p":1}}\n</tool_call>'
FUNCTION = "\n<function=ls>\n<parameter=p>\n1\n</parameter>\n</function>"
HARMONY = '<|channel|>commentary to=functions.ls <|constrain|>json<|message|>{"p":1}<|call|>'

FAMILIES = {
    "kimi": KIMI,
    "deepseek": DEEPSEEK,
    "deepseek, ASCII bars": DEEPSEEK_ASCII,
    "deepseek, short": DEEPSEEK_SHORT,
    "dsml": DSML,
    "hermes": HERMES,
    "function": FUNCTION,
    "harmony": HARMONY,
}
each_family = pytest.mark.parametrize(("family", "markup"), FAMILIES.items(), ids=FAMILIES)
RECOVERING = Profile(recover_calls=True)


def pieces(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


def call(name="ls", arguments="{}", call_id="a"):
    return {"tool_calls": [{"index": 0, "id": call_id, "function": {"name": name, "arguments": arguments}}]}


@pytest.mark.parametrize("size", [1, 5, 1000])
@each_family
def test_d32_d33_d34_leaked_calls_are_kept_out_of_the_text(family, markup, size):
    response = response_of(chat(*pieces("On it. " + markup, size)), "chat")
    assert response.text.rstrip("\n") == "On it. "
    assert (response.status, response.finish_reason, response.tool_calls) == ("incomplete", "truncated", ())
    (note,) = response.quirks
    assert (note.id, note.data["family"]) == ("leaked_tool_markup", family.partition(",")[0])
    assert note.data["raw"] == markup.lstrip("\n")


@each_family
def test_d32_d33_d34_calls_are_recovered_where_that_is_asked_for(family, markup):
    response = response_of(chat("On it. ", markup), "chat", RECOVERING, tools={"ls"})
    if family == "harmony":
        assert seen(response) == ["leaked_tool_markup"]
        return
    (found,) = response.tool_calls
    value = "1" if family == "function" else 1
    assert (found.name, found.input, found.state, found.extra) == (
        "ls",
        {"p": value},
        "repaired",
        {"provenance": "text"},
    )
    assert (response.finish_reason, seen(response)) == ("tool_calls", ["leaked_call_recovered", "finish_corrected"])


def test_d32_a_strange_name_a_cut_section_or_odd_arguments_recover_nothing():
    for markup in (KIMI, KIMI[:-30], KIMI.replace('{"p":1}', "[1]")):
        tools = {"cat"} if markup is KIMI else {"ls"}
        response = response_of(chat("On it. ", markup), "chat", RECOVERING, tools=tools)
        assert (response.tool_calls, seen(response)) == ((), ["leaked_tool_markup"])


def test_d32_text_behind_a_section_is_text_again():
    response = response_of(chat("On it. ", KIMI, "\n\nDone."), "chat")
    assert (response.text, response.status) == ("On it. Done.", "incomplete")


def test_d32_a_call_in_the_proper_way_makes_the_answer_whole():
    response = response_of(chat("On it. ", KIMI, call(), finish="tool_calls"), "chat")
    assert (response.status, response.finish_reason, len(response.tool_calls)) == ("completed", "tool_calls", 1)
    assert seen(response) == ["leaked_tool_markup"]


def test_d32_a_leak_without_a_finish_reason():
    marked = response_of(chat("On it. ", KIMI, finish=None), "chat")
    assert (marked.status, marked.finish_reason, seen(marked)) == ("incomplete", "truncated", ["leaked_tool_markup"])
    cut = response_of(sse(chunk(content="On it. " + KIMI[:40])), "chat")
    assert (cut.text, seen(cut)) == ("On it. ", ["leaked_tool_markup", "terminal_missing"])


def test_d34_a_section_that_cannot_be_read_stays_out_of_the_text():
    response = response_of(chat("Intro.\n<tool_call>\n{not json at all"), "chat")
    assert (response.text, response.finish_reason, seen(response)) == ("Intro.\n", "truncated", ["leaked_tool_markup"])


def test_d34_a_stream_that_is_cut_in_its_only_call_says_so():
    words = ["<tool_call>", '{"name":"rm",']
    for member in ({}, {"id": "c1"}):
        data = sse(*({**member, "choices": [{"index": 0, "delta": {"content": word}}]} for word in words))
        with pytest.raises(streamkit.NoTerminalError, match="cut inside a call in the model's own markup") as caught:
            streamkit.assemble(data, "chat")
        assert (caught.value.info.code, caught.value.info.retryable) == ("no_terminal", True)
        assert [note.data["raw"] for note in caught.value.partial.quirks] == ["".join(words)]


@pytest.mark.parametrize(
    "text",
    [
        "Write `<|tool_calls_section_begin|>` first.",
        "```\n<tool_call>\n{}\n</tool_call>\n```\nThat is all.",
        "The <tool_call> tag, and <function=x> as well.",
        "a <| b |> c, x < y, <|im_end|>, <|channel|> and <|start|>",
        "ends with <|tool_calls_sec",
        "Intro.\n<tool_call> opens a call.\nMore.",
        "Intro.\n<function=foo> opens a call.\nMore.",
        "The <|tool_calls_begin|> token opens a call.",
        "So:\n\n    <tool_call>\n    {}\n    </tool_call>\n\nThat is all.",
        "<|channel|>unheard<|message|>of",
    ],
)
def test_d33_d34_mentions_are_text(text):
    for size in (1, 7, 1000):
        response = response_of(chat(*pieces(text, size)), "chat")
        assert (response.text, response.quirks) == (text, ())


@each_family
@pytest.mark.parametrize("size", [1, 9, 1000])
def test_d34_markup_in_reasoning_is_reasoning_and_noted(family, markup, size):
    thoughts = [{"reasoning_content": piece} for piece in pieces("Hm.\n" + markup, size)]
    response = response_of(chat(*thoughts, "Done."), "chat")
    assert (response.reasoning, response.text, response.tool_calls) == ("Hm.\n" + markup, "Done.", ())
    assert (response.status, response.finish_reason) == ("completed", "stop")
    assert seen(response) == ["markup_in_reasoning"]
    assert response.quirks[0].data["family"] == family.partition(",")[0]
    assert response.quirks[0].data["raw"] in markup


def test_d34_markup_inside_a_think_block_is_noted():
    response = response_of(chat("<think>Hm.", HERMES, "</think>Done."), "chat")
    assert (response.text, response.tool_calls) == ("Done.", ())
    assert "markup_in_reasoning" in seen(response)


@pytest.mark.parametrize("thought", ["I would write <tool_call> now.", "```\n<tool_call>\n```", "a < b", "<b>x</b>"])
def test_d34_reasoning_that_mentions_a_tag_is_no_quirk(thought):
    response = response_of(chat({"reasoning_content": thought}, "Done."), "chat")
    assert (response.reasoning, seen(response)) == (thought, [])


def test_d35_a_message_that_is_a_bare_call():
    words = 'to=functions.exec_command {"cmd":"ls"}'
    item = {"id": "m", "type": "message", "content": [{"type": "output_text", "text": words}]}
    data = named(
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "item_id": "m", "delta": words},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": [item]}},
    )
    response = response_of(data, "responses")
    assert (response.status, response.finish_reason, response.raw_finish_reason) == (
        "incomplete",
        "truncated",
        "completed",
    )
    (note,) = response.quirks
    assert (note.id, note.item_ids, note.data) == ("leaked_tool_markup", ("m",), {"family": "harmony", "raw": words})
    assert response.items[0].text == words
    assert response_of(chat("Use to=functions.x like this."), "chat").quirks == ()


@pytest.mark.parametrize("size", [1, 6, 1000])
def test_d37_channels_in_the_text_are_split(size):
    words = (
        "<|channel|>analysis<|message|>Think.<|end|><|start|>assistant<|channel|>commentary<|message|>I look."
        "<|end|><|start|>assistant<|channel|>final<|message|>hi there<|return|>"
    )
    response = response_of(chat(*pieces(words, size)), "chat")
    assert (response.text, response.reasoning, response.status) == ("hi there", "Think.", "completed")
    assert [(item.type, item.phase, item.text) for item in response.items] == [
        ("reasoning", "", ""),
        ("message", "commentary", "I look."),
        ("message", "", "hi there"),
    ]
    assert [(quirk.id, quirk.count) for quirk in response.quirks] == [("harmony_in_content", 3)]


def test_d37_channels_without_markers_are_not_guessed():
    response = response_of(chat("analysisWe think.assistantfinalhi"), "chat")
    assert (response.text, seen(response)) == ("analysisWe think.assistantfinalhi", ["harmony_suspected"])
    assert response_of(chat("analysis of the data: assistants, final"), "chat").quirks == ()


def test_d29_an_empty_array_of_calls_hides_no_text():
    response = response_of(chat({"content": "a", "tool_calls": []}, {"content": "b", "tool_calls": None}), "chat")
    assert (response.text, response.items[0].type, response.quirks) == ("ab", "message", ())


def test_d48_a_server_that_takes_its_answer_back_leaves_the_answer():
    error = {"error": {"code": 500, "message": "Invalid diff: now finding less tool calls!", "type": "server_error"}}
    response = response_of(sse(chunk(content="The whole answer."), error), "chat")
    (told,) = response.errors
    assert (response.text, response.finish_reason) == ("The whole answer.", "error")
    assert (told.code, told.status, told.retryable) == ("500", 500, True)


SCHEMA = {
    "type": "object",
    "properties": {
        "todos": {"type": "array"},
        "path": {"type": "string"},
        "at": {"type": ["object", "null"]},
        "any": {"type": ["string", "array"]},
    },
    "required": ["path"],
}
JUDGING = Profile(tool_schemas={"ls": SCHEMA})


def judged(arguments):
    response = response_of(chat(call(arguments=arguments), finish="tool_calls"), "chat", JUDGING)
    (found,) = response.tool_calls + response.dropped_calls
    return found, seen(response)


def test_d22_a_schema_tells_lost_arguments():
    found, quirks = judged("{}")
    assert (found.state, found.reason) == ("invalid", "missing-required: path")
    assert quirks == ["tool_args_missing_required"]
    assert response_of(chat(call(), finish="tool_calls"), "chat").tool_calls[0].state == "complete"


def test_d51_a_string_is_decoded_only_where_the_schema_has_no_place_for_one():
    found, quirks = judged('{"path":"[1]","todos":"[{\\"title\\":\\"a\\"}]","at":"{\\"x\\":1}"}')
    assert found.input == {"path": "[1]", "todos": [{"title": "a"}], "at": {"x": 1}}
    assert (found.state, quirks) == ("repaired", ["tool_args_nested_string"])
    untouched, quirks = judged('{"path":"p","todos":"{}","at":"no JSON","new":"[1]","any":"[1]"}')
    assert (untouched.input["todos"], untouched.input["at"], untouched.state, quirks) == (
        "{}",
        "no JSON",
        "complete",
        [],
    )
    deep = '{"path":"p","todos":"' + "[" * 300 + "]" * 300 + '"}'
    assert judged(deep)[0].state == "complete"


def test_d21_lost_first_bytes_are_guessed_only_with_a_schema_that_fits():
    found, quirks = judged('path":"x"}')
    assert (found.input, found.state, found.arguments) == ({"path": "x"}, "repaired", 'path":"x"}')
    assert quirks == ["tool_args_prefixed"]
    for other in ('zzz":"x","path":"p"}', 'todos":[]}', "nonsense", "["):
        found, quirks = judged(other)
        assert found.state in ("invalid", "truncated")
        assert "tool_call_dropped" in quirks
    assert (
        response_of(chat(call(arguments='path":"x"}'), finish="tool_calls"), "chat").dropped_calls[0].state == "invalid"
    )


def test_d02_names_are_extended_before_the_arguments_and_never_joined():
    begun = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "read"}}]}
    longer = {"tool_calls": [{"index": 0, "function": {"name": "read_file", "arguments": "{}"}}]}
    response = response_of(chat(begun, longer, finish="tool_calls"), "chat")
    assert (response.tool_calls[0].name, response.quirks) == ("read_file", ())

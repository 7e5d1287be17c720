"""Whatever the terminal frame says of the whole output: it changes nothing but the quirks."""

import msgspec
from damage import JSON
from hypothesis import given
from hypothesis import strategies as st
from reading import read

from streamkit.testing.strategies import wires

ITEM = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(("message", "reasoning", "function_call", "custom_tool_call", "web_search_call")),
        "id": st.sampled_from(("msg_0", "fc_1", "rs_0", "other")) | JSON,
        "status": st.sampled_from(("completed", "incomplete")) | JSON,
        "call_id": st.sampled_from(("call_1", "call_9")),
        "name": st.sampled_from(("look", "other")),
        "arguments": st.sampled_from(('{"a":1}', "{", "")) | JSON,
        "content": st.lists(st.fixed_dictionaries({"type": st.just("output_text"), "text": st.text(max_size=3)}))
        | JSON,
        "summary": JSON,
    },
)


@given(wires("responses"), st.lists(ITEM, max_size=4) | JSON, st.booleans())
def test_it_changes_nothing_but_the_quirks(wire, output, left_out):
    tape = wire.tape()
    last = tape.frames[-1]
    payload = last.json
    if left_out:
        del payload["response"]["output"]
    else:
        payload["response"]["output"] = output
    changed = read(tape.apply([tape.replace(last, payload)]), "responses")
    unchanged = read(wire.data, "responses")
    assert msgspec.structs.replace(changed, quirks=unchanged.quirks) == unchanged

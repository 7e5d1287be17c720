import pytest

import streamkit
from streamkit.errors import UsageError
from streamkit.fuzzing.wires import SHIPPED, shipped_dialects, wires_of
from streamkit.testing.fixtures import all_fixtures
from streamkit.testing.grammar import check

SHIPPED_WIRES = list(all_fixtures(SHIPPED))


@pytest.mark.parametrize("fixture", SHIPPED_WIRES, ids=lambda fixture: fixture.id)
def test_a_shipped_wire_means_what_stands_beside_it(fixture):
    log = list(streamkit.iter_events([fixture.data], fixture.dialect))
    check(log)
    response = streamkit.Response.from_events(log)
    expected = fixture.expected
    assert fixture.healthy
    assert response.quirks == ()
    assert (response.status, response.finish_reason) == (expected["status"], expected["finish_reason"])
    assert (response.text, response.reasoning) == (expected["text"], expected.get("reasoning", ""))
    assert [(call.name, call.input) for call in response.tool_calls] == [
        (call["name"], call["arguments"]) for call in expected["tool_calls"]
    ]
    assert (response.usage.input_tokens, response.usage.output_tokens) == (21, 17)


def test_shipped_dialects():
    assert shipped_dialects() == ("anthropic", "chat", "cohere", "gemini", "ollama", "responses")


def test_the_shortest_wire_comes_first():
    sizes = [len(wire.data) for wire in wires_of("chat")]
    assert sizes == sorted(sizes)
    assert len(sizes) == 5


def test_wires_of_ones_own_and_only_healthy_ones(tmp_path):
    folder = tmp_path / "chat"
    folder.mkdir()
    source = SHIPPED / "chat" / "text"
    note = source.with_suffix(".json").read_text()
    for name, body in (("good", source.with_suffix(".sse").read_bytes()), ("cut", b'data: {"id":"c"}\n\n')):
        (folder / f"{name}.sse").write_bytes(body)
        (folder / f"{name}.json").write_text(note)
    (folder / "odd.sse").write_bytes(b"data: \n\n")
    (folder / "odd.json").write_text(note.replace('"quirks": []', '"quirks": ["empty_data"]'))
    assert [wire.name for wire in wires_of("chat", tmp_path)] == ["good"]


def test_a_dialect_without_wires_is_refused():
    with pytest.raises(UsageError, match="anthropic, chat"):
        wires_of("replicate")
    with pytest.raises(UsageError):
        wires_of("chat", only=["nothing"])


def test_a_cut_wire_must_be_healthy():
    wire = wires_of("chat", only=["text"])[0]
    tape = wire.tape
    shorter = wire.cut_to(tape.apply([tape.delete(tape.frames[1])]))
    assert shorter.response.text == " in Kiel: 14 °C, light rain.\nTake a coat."
    assert wire.cut_to(tape.apply([tape.delete(tape.frames[-3])])) is None  # the finish reason

import importlib
import json
import pkgutil
import re

import pytest

import streamkit.quirks
from streamkit.errors import CaptureError
from streamkit.quirks.registry import REGISTRY
from streamkit.testing.fixtures import all_fixtures, load

for module in pkgutil.iter_modules(streamkit.quirks.__path__, "streamkit.quirks."):
    importlib.import_module(module.name)

NOTE = {
    "about": "A greeting.",
    "source": "hand: after the documented shapes",
    "dialect": "chat",
    "framing": "sse",
    "catalogue": ["A01"],
    "quirks": [],
    "expected": {"status": "completed", "text": "hi", "tool_calls": [{"name": "now", "arguments": {}}], "error": None},
}
SHIPPED = list(all_fixtures())

SEEDS_ON_THE_WIRE = (
    "A10 B01 B02 B05 B14 C01 C02 C03 C25 C37 C42 D01 D02 D23 D24 D25 D46 E01 E02 E03 E05 E06 E31 F05 "
    "G01 G04 G10 G11 G12 G15 H17 J01 J10"
)


def written(folder, note=NOTE, body=b"data: {}\n\n", name="relay-greeting", suffix=".sse"):
    place = folder / "chat"
    place.mkdir(exist_ok=True)
    if body is not None:
        (place / f"{name}{suffix}").write_bytes(body)
    if note is not None:
        text = note if isinstance(note, str) else json.dumps(note)
        (place / f"{name}.json").write_text(text, encoding="utf-8")
    return place / f"{name}.json"


def test_a_fixture_is_loaded_from_either_of_its_files(tmp_path):
    path = written(tmp_path)
    fixture = load(path)
    assert fixture == load(str(path.with_suffix(".sse")))
    assert (fixture.id, fixture.name, fixture.dialect, fixture.framing) == (
        "chat/relay-greeting",
        "relay-greeting",
        "chat",
        "sse",
    )
    assert fixture.data == b"data: {}\n\n"
    assert fixture.path == path.with_suffix(".sse")
    assert (fixture.catalogue, fixture.quirks) == (("A01",), ())
    assert fixture.expected["tool_calls"] == [{"name": "now", "arguments": {}}]
    assert fixture.healthy


def test_quirks_that_are_not_promised_are_none(tmp_path):
    fixture = load(written(tmp_path, {key: value for key, value in NOTE.items() if key != "quirks"}))
    assert fixture.quirks is None
    assert not fixture.healthy


@pytest.mark.parametrize(
    ("note", "word"),
    [
        ("{", "truncated"),
        ("[]", "array"),
        ({key: value for key, value in NOTE.items() if key != "about"}, "about"),
        ({**NOTE, "framing": "pigeon"}, "pigeon"),
        ({**NOTE, "surprise": 1}, "surprise"),
        ({**NOTE, "quirks": "none"}, "quirks"),
        ({**NOTE, "expected": {"txet": "hi"}}, "txet"),
        ({**NOTE, "expected": {"tool_calls": [{"arguments": {}}]}}, "name"),
        ({**NOTE, "expected": {"usage": {"input_tokens": "5"}}}, "int"),
        ({**NOTE, "dialect": "responses"}, "responses"),
    ],
)
def test_a_malformed_note_is_refused_by_name(tmp_path, note, word):
    path = written(tmp_path, note)
    with pytest.raises(CaptureError, match=word) as caught:
        load(path)
    assert path.name in str(caught.value)


def test_each_file_needs_the_other(tmp_path):
    with pytest.raises(CaptureError, match=r"there are 0"):
        load(written(tmp_path, body=None))
    with pytest.raises(CaptureError, match=r"lonely\.json is missing"):
        load(written(tmp_path, note=None, name="lonely"))
    written(tmp_path, name="double")
    with pytest.raises(CaptureError, match=r"there are 2"):
        load(written(tmp_path, name="double", suffix=".bin"))


def test_all_fixtures_of_a_folder(tmp_path):
    written(tmp_path, name="b")
    written(tmp_path, name="a", suffix=".bin")
    (tmp_path / "chat" / "README.md").write_text("no fixture", encoding="utf-8")
    assert [fixture.name for fixture in all_fixtures(tmp_path)] == ["a", "b"]
    assert list(all_fixtures(tmp_path, "responses")) == []
    assert [fixture.id for fixture in all_fixtures(str(tmp_path), "chat")] == ["chat/a", "chat/b"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CaptureError, match="no such folder"):
        next(all_fixtures(tmp_path / "nowhere"))


def test_a_lonely_file_is_not_passed_over(tmp_path):
    written(tmp_path, note=None, name="lonely")
    with pytest.raises(CaptureError, match="lonely"):
        list(all_fixtures(tmp_path))


def test_the_checkout_has_recordings_of_every_script_in_every_dialect():
    recorded = {fixture.id for fixture in SHIPPED if fixture.source.startswith("recorded: llama.cpp server")}
    scripts = ("text", "reasoning", "one-call", "two-calls", "everything")
    assert recorded == {
        f"{dialect}/llamacpp-{script}" for dialect in ("anthropic", "chat", "responses") for script in scripts
    }


def test_every_seed_of_the_catalogue_that_a_wire_can_show_is_shown():
    shown = {entry for fixture in SHIPPED for entry in fixture.catalogue}
    assert [seed for seed in SEEDS_ON_THE_WIRE.split() if seed not in shown] == []


@pytest.mark.parametrize("fixture", SHIPPED, ids=lambda fixture: fixture.id)
def test_shipped_fixtures_say_where_they_come_from_and_what_they_show(fixture):
    assert re.fullmatch(r"recorded: .+ \(\w+ [\w.]+\)|hand: after .+", fixture.source)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fixture.name)
    assert fixture.about.endswith(".")
    assert {"status", "finish_reason", "text", "error"} & set(fixture.expected)
    assert all(re.fullmatch(r"[A-J]\d\d", entry) for entry in fixture.catalogue)


@pytest.mark.parametrize("fixture", SHIPPED, ids=lambda fixture: fixture.id)
def test_quirks_named_by_shipped_fixtures_are_registered_for_their_dialect(fixture):
    for quirk in fixture.quirks or ():
        assert REGISTRY[quirk].fits(fixture.dialect)

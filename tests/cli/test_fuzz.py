import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streamkit.cli.app import app
from streamkit.errors import UsageError
from streamkit.fuzzing import Arena

TESTS = Path(__file__).parent.parent
SMALL = ("--quirk", "empty_data", "--quirk", "content_type", "--places", "1", "--limit", "30")


@pytest.fixture(autouse=True)
def worker_path(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS.parent), str(TESTS / "fuzzing")]))


def run(*tokens):
    return app([str(token) for token in tokens], result_action="return_value")


def test_the_table_and_the_minimal_wires(capsys):
    assert run("fuzz", "subjects:naive", "--dialect", "chat", *SMALL) == 1
    out = capsys.readouterr().out
    rows = {line.split()[0]: line for line in out.splitlines() if " of " in line}
    assert "0 of 5" in rows["empty_data"]
    assert "raised ×5" in rows["empty_data"]
    assert "5 of 5" in rows["content_type"]
    assert "subjects:naive on chat: 1 of 2 quirks, 5 of 10 cases survived" in out
    assert "\n    +data: " in out


def test_a_client_that_survives(capsys):
    assert run("fuzz", "subjects:tolerant", "--dialect", "chat", *SMALL) == 0
    assert "2 of 2 quirks, 10 of 10 cases survived" in capsys.readouterr().out


def test_reproducers_replay_with_one_command(tmp_path, capsys):
    page = tmp_path / "page.html"
    saved = tmp_path / "failures"
    assert run("fuzz", "subjects:naive", "--dialect", "chat", *SMALL, "--save", saved, "--html", page, "--json") == 1
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["target"] == "subjects:naive"
    assert [row["quirk"] for row in told["rows"] if row["failure"]] == ["empty_data"]
    assert page.read_text().startswith("<!doctype html>")
    file = saved / "empty_data.json"
    assert f"streamkit fuzz --replay {file}" in err
    assert run("fuzz", "--replay", file) == 1
    assert capsys.readouterr().out.startswith("raised")
    assert run("fuzz", "subjects:tolerant", "--replay", file) == 0
    assert capsys.readouterr().out == "survived\n"
    assert run("replay", saved / "empty_data.sse", "--text") == 0


def test_a_reproducer_keeps_its_time_limit(tmp_path, capsys, monkeypatch):
    run("fuzz", "subjects:naive", "--dialect", "chat", "--quirk", "empty_data", "--save", tmp_path, "--limit", "40")
    given = []
    monkeypatch.setattr("streamkit.cli.fuzz.Arena", lambda *told: given.append(told[-1]) or Arena(*told))
    run("fuzz", "--replay", tmp_path / "empty_data.json")
    run("fuzz", "--replay", tmp_path / "empty_data.json", "--limit", "50")
    assert given == [40.0, 50.0]


def test_wires_of_ones_own(tmp_path, capsys):
    folder = tmp_path / "chat"
    folder.mkdir()
    chunk = '{"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Hi"},'
    (folder / "tiny.sse").write_text(f'data: {chunk}"finish_reason":"stop"}}]}}\n\ndata: [DONE]\n\n')
    note = {"about": "a", "source": "hand", "dialect": "chat", "framing": "sse", "quirks": []}
    (folder / "tiny.json").write_text(json.dumps({**note, "expected": {"status": "completed"}}))
    assert run("fuzz", "subjects:naive", "--dialect", "chat", *SMALL, "--wires", tmp_path) == 1
    assert "in chat/tiny" in capsys.readouterr().out
    small = ("--quirk", "tool_index_missing", "--limit", "30")
    assert run("fuzz", "subjects:naive", "--dialect", "chat", *small, "--wires", tmp_path) == 0
    assert "no place in these wires for: tool_index_missing" in capsys.readouterr().out


def test_a_command_is_a_target_too(tmp_path, capsys):
    script = tmp_path / "ask.py"
    script.write_text("import json, os, subjects\nprint(json.dumps(subjects.naive(os.environ['STREAMKIT_URL'])))\n")
    told = (f"{sys.executable} {script}", "--dialect", "chat", "--quirk", "content_type", "--places", "1")
    assert run("fuzz", *told, "--limit", "60") == 0
    assert "1 of 1 quirks" in capsys.readouterr().out


def test_mistakes():
    with pytest.raises(UsageError, match="--dialect"):
        run("fuzz", "subjects:naive")
    with pytest.raises(UsageError):
        run("fuzz", "subjects:naive", "--dialect", "chat", "--quirk", "nothing")
    for wrong in (("--places", "-1"), ("--limit", "0")):
        with pytest.raises(UsageError, match="places"):
            run("fuzz", "subjects:naive", "--dialect", "chat", *wrong)


def test_a_mistake_is_one_line_on_standard_error():
    done = subprocess.run(
        [sys.executable, "-m", "streamkit.cli.main", "fuzz", "no_such_module:f", "--dialect", "chat"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no_such_module" in done.stderr.splitlines()[-1]


def test_the_help_says_what_the_limit_does_not_hold(capsys):
    run("fuzz", "--help")
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Seconds that the client has for one case; 10, or those that the reproducer names." in words
    assert "For a healthy wire that comes first it has 60" in words

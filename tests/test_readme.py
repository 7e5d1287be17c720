"""Every example in the README runs."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from streamkit.quirks import registry
from streamkit.quirks.catalogue import all_quirks

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LIVE = "http://127.0.0.1:18080/v1"
QUICK = ["--quirk", "empty_data", "--places", "1", "--no-shrink"]
"""A client is not fuzzed with everything here: that takes minutes."""
FEW = """from hypothesis import settings
settings.register_profile("few", max_examples=20, derandomize=True, database=None)
settings.load_profile("few")
"""
"""The same few generated answers each time: here only the example is tried, each with a server of its own."""


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def file_name(code):
    """What the first line calls the file that an example is, if it is one."""
    named = re.match(r"# (\w+\.py)\n", code)
    return named and named[1]


@pytest.fixture
def live(monkeypatch):
    """A server that answers every request with a recorded chat stream."""
    from streamkit.testing.server import Playback, PlaybackServer

    body = (ROOT / "fixtures/chat/llamacpp-text.sse").read_bytes()
    with PlaybackServer() as server:
        server.play(Playback(body=body, content_type="text/event-stream"))
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with the README's files in it, and the fixtures."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    for code in filter(file_name, blocks("python")):
        (tmp_path / file_name(code)).write_text(code, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return tmp_path


PYTHON = [code for code in blocks("python") if not file_name(code)]


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_examples(code, monkeypatch, live):
    monkeypatch.chdir(ROOT)
    all_quirks()  # registered in the real registry, before an example has a copy of it, where its own quirk stays
    monkeypatch.setattr(registry, "REGISTRY", dict(registry.REGISTRY))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code.replace(LIVE, live.url), "README.md", "exec"), {"__name__": "readme"})
    assert out.getvalue().strip()
    for said in re.findall(r"^\s*print\(.*\)  # ([\[{(\"'].*)$", code, re.MULTILINE):
        assert said in out.getvalue()


def test_pytest_examples(folder):
    (folder / "conftest.py").write_text(FEW, "utf-8")
    options = ("-q", "-p", "streamkit_pytest", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_my_client.py"], capture_output=True, text=True, check=False
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def commands(block):
    """The commands of this package in a block, one after another."""
    lines = (command for line in block.splitlines() for command in line.split(" && "))
    return [shlex.split(command)[1:] for command in lines if command.startswith("streamkit ")]


SHELL = [block for block in blocks("bash") if commands(block)]


@pytest.mark.parametrize("block", SHELL, ids=range(len(SHELL)))
def test_shell_examples(block, capsys, live, folder):
    from streamkit.cli.app import app

    for words in commands(block.replace(LIVE, live.url)):
        fuzzing = words[0] == "fuzz"
        with pytest.raises(SystemExit) as ended:
            app.meta([*words, *QUICK] if fuzzing and "--replay" not in words else words)
        assert ended.value.code == (1 if fuzzing else 0), capsys.readouterr().err  # the README's client is naive


def test_the_table_of_a_client_is_as_it_is_shown(capsys, folder):
    from streamkit.cli.app import app

    shown = re.search(r"```\n( quirk .*?)```", README, re.DOTALL)[1]
    rows = [line.split() for line in shown.split("\n\n")[0].splitlines()[1:]]
    with pytest.raises(SystemExit):
        app.meta(["fuzz", "my_client:ask", "--dialect", "chat", *(f"--quirk={row[0]}" for row in rows)])
    told = capsys.readouterr().out
    assert [row for line in told.splitlines() if (row := line.split()) in rows] == rows
    for line in shown.split("\n\n")[1].splitlines():
        assert line in told


def test_the_two_commands_stand_there():
    installs = [block for block in blocks("bash") if "pip install" in block]
    assert len(installs) == 2
    assert "pytest" in installs[1]

"""Every example in the README runs."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from streamkit.quirks import registry

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LIVE = "http://127.0.0.1:18080/v1"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def live(monkeypatch):
    """A server that answers every request with a recorded chat stream."""
    from streamkit.testing.server import Playback, PlaybackServer

    body = (ROOT / "fixtures/chat/llamacpp-text.sse").read_bytes()
    with PlaybackServer() as server:
        server.play(Playback(body=body, content_type="text/event-stream"))
        yield server


PYTHON = blocks("python")


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_python_examples(code, monkeypatch, live):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(registry, "REGISTRY", dict(registry.REGISTRY))  # an example's quirk stays its own
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code.replace(LIVE, live.url), "README.md", "exec"), {"__name__": "readme"})
    assert out.getvalue().strip()


def commands():
    for block in blocks("bash"):
        for line in block.splitlines():
            for command in line.split(" && "):
                if command.startswith("streamkit "):
                    yield command


@pytest.mark.parametrize("command", list(commands()))
def test_shell_examples(command, monkeypatch, capsys, live):
    from streamkit.cli.app import app

    monkeypatch.chdir(ROOT)
    words = shlex.split(command.replace(LIVE, live.url))[1:]
    with pytest.raises(SystemExit) as ended:
        app.meta(words)
    assert ended.value.code == 0, capsys.readouterr().err


def test_the_two_commands_stand_there():
    installs = [block for block in blocks("bash") if "pip install" in block]
    assert len(installs) == 2
    assert "pytest" in installs[1]

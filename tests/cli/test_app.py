import logging
import re
import runpy
import shlex
import subprocess
import sys
from importlib import metadata

import pytest
from rich.console import Console
from running import chat, run

from streamkit.cli import app as module
from streamkit.cli import main as entry
from streamkit.cli.verbose import Line
from streamkit.dialects.table import dialect_names
from streamkit.quirks.catalogue import all_quirks


def test_dialects(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    code, out, err = run(capsys, "dialects")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(dialect_names())
    assert "response.completed" in out


def test_quirks(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    code, out, err = run(capsys, "quirks")
    rows = [line.split()[0] for line in out.splitlines()[1:]]
    assert (code, err) == (0, "")
    assert rows == [quirk.id for quirk in all_quirks()]
    assert "terminal_output_null" in rows


@pytest.mark.parametrize("columns", [30, 80])
def test_names_are_whole_in_a_pipe_and_on_a_narrow_terminal(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    piped = [run(capsys, command)[1] for command in ("dialects", "quirks")]
    monkeypatch.setattr(Console, "is_terminal", True)
    shown = [run(capsys, command)[1] for command in ("dialects", "quirks")]
    for listed, told in (piped, [re.sub(r"\x1b\[[0-9;]*m", "", text) for text in shown]):
        assert {*dialect_names()} <= {*listed.split()}
        assert {quirk.id for quirk in all_quirks()} <= {*told.split()}


@pytest.mark.parametrize(("closed", "out"), [("<&-", ""), (">&-", ""), ("2>&-", "hi\n")])
def test_a_standard_stream_that_is_closed_is_no_fault_of_ours(tmp_path, closed, out):
    (tmp_path / "a.sse").write_bytes(chat("hi"))
    source = "-" if closed.startswith("<") else str(tmp_path / "a.sse")
    command = f"{shlex.quote(sys.executable)} -m streamkit.cli.main replay {source} {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == (4 if source == "-" else 0)
    assert done.stdout == out
    assert "Traceback" not in done.stderr


def test_help_documents_the_exit_codes(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    for command in ("replay", "stream", "quirks", "dialects"):
        assert command in out
    assert "130 cancelled" in " ".join(out.replace("│", " ").split())


@pytest.mark.parametrize("tokens", [["nonsense"], ["replay", "--nonsense"], ["stream"]])
def test_a_command_that_is_none(capsys, tokens):
    code, out, err = run(capsys, *tokens)
    assert code not in (0, None)
    assert out + err


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (module.UsageError("no such thing"), 2, "streamkit: no such thing\n"),
        (PermissionError("forbidden"), 2, "streamkit: forbidden\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_mistakes_are_one_line_and_a_code(capsys, monkeypatch, fault, code, said):
    def failing():
        raise fault

    monkeypatch.setattr(module, "all_dialects", failing)
    assert run(capsys, "dialects") == (code, "", said)


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    def failing():
        raise ZeroDivisionError

    monkeypatch.setattr(module, "all_dialects", failing)
    with pytest.raises(ZeroDivisionError):
        module.app.meta(["dialects"])


def test_verbose_logs_to_standard_error(capsys, monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(logging, "basicConfig", lambda **options: told.append(options))
    (tmp_path / "a.sse").write_bytes(chat("a"))
    assert run(capsys, "replay", tmp_path / "a.sse", "--text")[0] == 0
    assert told == []
    assert run(capsys, "replay", tmp_path / "a.sse", "--text", "-v")[0] == 0
    [options] = told
    assert options["level"] == logging.DEBUG
    assert isinstance(options["handlers"][0].formatter, Line)


def test_a_log_line_has_what_was_logged_with_it_masked():
    facts = {"attempt": 1, "code": "a\x1b", "status": None, "of": "sk-proj-abcdefgh sekrit"}
    record = logging.makeLogRecord({"levelname": "INFO", "name": "n", "msg": "m %s", "args": ("x",), **facts})
    assert Line(["sekrit"]).format(record) == r"INFO n m x attempt=1 code=a\x1b of=sk-*** ***"


def test_the_version_is_that_of_the_distribution(capsys, monkeypatch):
    monkeypatch.setattr(metadata, "version", {"streamkit-llm": "7.6.5"}.__getitem__)
    assert run(capsys, "--version")[:2] == (0, "7.6.5\n")

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert "not installed" in run(capsys, "--version")[1]


@pytest.mark.parametrize("command", [None, "replay", "stream", "audit", "fuzz", "quirks", "dialects"])
def test_help_has_no_codes_that_nobody_can_look_up(capsys, command):
    code, out, _ = run(capsys, *([command] if command else []), "--help")
    assert code == 0
    assert not re.findall(r"\b[A-L]\d\d\b", out)


real_arguments = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens:UserWarning")


@real_arguments
def test_the_entry_point_runs_the_command_line(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["streamkit", "dialects"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0
    assert "Anthropic" in capsys.readouterr().out


@real_arguments
@pytest.mark.filterwarnings("ignore:'streamkit.cli.main' found in sys.modules:RuntimeWarning")
def test_the_module_runs_it_too(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["streamkit", "dialects"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("streamkit.cli.main", run_name="__main__")
    assert ended.value.code == 0


@pytest.mark.parametrize("missing", ["cyclopts", "rich"])
def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch, missing):
    forget_app(monkeypatch, missing_module(missing))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 2
    assert "pip install 'streamkit-llm[cli]'" in capsys.readouterr().err


def test_an_interrupt_while_the_command_is_loaded_is_quiet(capsys, monkeypatch):
    forget_app(monkeypatch, KeyboardInterrupt())
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert (ended.value.code, capsys.readouterr()) == (130, ("", ""))


def test_another_module_that_is_missing_is_not_blamed_on_the_extra(monkeypatch):
    forget_app(monkeypatch, missing_module("msgspec"))
    with pytest.raises(ModuleNotFoundError, match="msgspec"):
        entry.main()


def missing_module(name):
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


def forget_app(monkeypatch, fault):
    """The command's module is not imported yet, and its import ends like this."""

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "streamkit.cli.app":
                raise fault

    monkeypatch.delitem(sys.modules, "streamkit.cli.app")
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])

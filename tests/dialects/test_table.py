"""The table of dialects, and a dialect that another package brings."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import streamkit
from streamkit.dialects import table
from streamkit.dialects.base import Dialect
from streamkit.dialects.table import all_dialects, dialect_named, dialect_names

THIRD_PARTY = Path(__file__).parents[1] / "third_party"
WIRE = b'{"morse":".... .."}\n{"morse":"/ - .... . .-"}\n{"morse":"...-.-"}\n'


def forget():
    table.dialect_named.cache_clear()
    table._usable.cache_clear()
    table._third_party.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def installed(monkeypatch):
    """The folder with the other package stands on the path, as an installed package's would."""
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    forget()
    yield
    monkeypatch.undo()
    sys.modules.pop("morse_dialect", None)
    forget()


@pytest.mark.parametrize("name", table.BUILT_IN)
def test_each_built_in_dialect_is_what_its_line_says(name):
    dialect = dialect_named(name)
    assert isinstance(dialect, Dialect)
    assert dialect.name == name
    assert dialect.title
    assert dialect.framing in ("sse", "ndjson", "json-array", "aws-eventstream")
    assert dialect_named(name) is dialect


def test_all_dialects_have_names_of_their_own():
    assert [dialect.name for dialect in all_dialects()] == list(dialect_names())
    assert len({dialect.title for dialect in all_dialects()}) == len(dialect_names())


def test_a_dialect_is_imported_when_it_is_asked_for():
    code = (
        "import sys, streamkit; from streamkit.dialects.table import dialect_named\n"
        "def loaded():\n"
        "    modules = [name.split('.') for name in sys.modules if name.startswith('streamkit.dialects.')]\n"
        "    return {'chat', 'gemini'} & {parts[2] for parts in modules}\n"
        "assert loaded() == set(), loaded(); dialect_named('gemini'); assert loaded() == {'gemini'}, loaded()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(streamkit.UnknownDialect, match=r"'klingon'.*responses.*anthropic"):
        dialect_named("klingon")


def test_without_the_other_package_there_is_no_such_dialect():
    assert "morse" not in dialect_names()


@pytest.mark.usefixtures("installed")
def test_a_dialect_of_another_package_is_listed_behind_the_built_in_ones():
    assert dialect_names() == (*table.BUILT_IN, "morse")
    assert all_dialects()[-1].title == "Morse code"
    assert dialect_named("morse") is dialect_named("morse")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("dialect", ["morse", None])
def test_a_dialect_of_another_package_reads_and_is_recognised(dialect, size):
    chunks = [WIRE[at : at + size] for at in range(0, len(WIRE), size)]
    response = streamkit.assemble(chunks, dialect)
    assert (response.text, response.dialect, response.status) == ("HI THEA", "morse", "completed")
    assert (response.raw_finish_reason, response.terminal_seen, response.quirks) == ("SK", True, ())


@pytest.mark.usefixtures("installed")
def test_a_cut_stream_of_another_packages_dialect_is_a_cut_stream():
    with pytest.raises(streamkit.TruncatedError) as caught:
        streamkit.assemble(WIRE[:20], "morse")
    assert caught.value.partial.text == "HI"


@pytest.mark.usefixtures("installed")
def test_the_others_are_recognised_as_before():
    chat = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    assert streamkit.assemble(chat, None, on_error="event").dialect == "chat"


@pytest.mark.usefixtures("installed")
def test_the_command_line_lists_it(capsys):
    from streamkit.cli.app import app

    with pytest.raises(SystemExit) as ended:
        app.meta(["dialects"])
    assert ended.value.code == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == ["morse"]]
    assert line.split() == ["morse", "Morse", "code", "ndjson", "...-.-"]


@pytest.mark.usefixtures("installed")
def test_the_command_line_replays_it(capsys, tmp_path):
    from streamkit.cli.app import app

    (tmp_path / "hi.ndjson").write_bytes(WIRE)
    with pytest.raises(SystemExit) as ended:
        app.meta(["replay", str(tmp_path / "hi.ndjson"), "--text"])
    assert (ended.value.code, capsys.readouterr().out.strip()) == (0, "HI THEA")


def test_a_built_in_name_cannot_be_taken_over(tmp_path, monkeypatch):
    (tmp_path / "thief-1.dist-info").mkdir()
    (tmp_path / "thief-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: thief\nVersion: 1\n")
    (tmp_path / "thief-1.dist-info" / "entry_points.txt").write_text("[streamkit.dialects]\nchat = thief:CHAT\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    try:
        assert dialect_names() == tuple(table.BUILT_IN)
        assert dialect_named("chat").title != "thief"
    finally:
        monkeypatch.undo()
        forget()


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Packages with dialects that cannot be used stand on the path, beside one that can."""
    lines = "\n".join(
        f"{name} = {place}"
        for name, place in {
            "gone": "no_such_module_anywhere:GONE",
            "number": "faulty_dialects:NUMBER",
            "alias": "faulty_dialects:STUMBLING",
            "stumbling": "faulty_dialects:STUMBLING",
        }.items()
    )
    (tmp_path / "faulty-1.dist-info").mkdir()
    (tmp_path / "faulty-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1\n")
    (tmp_path / "faulty-1.dist-info" / "entry_points.txt").write_text(f"[streamkit.dialects]\n{lines}\n")
    (tmp_path / "faulty_dialects.py").write_text(
        "from msgspec.structs import replace\n"
        "from morse_dialect import MORSE\n"
        "NUMBER = 5\n"
        "def recognise(frame):\n"
        "    raise KeyError('not what was expected')\n"
        "STUMBLING = replace(MORSE, name='stumbling', recognise=recognise)\n"
    )
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield
    monkeypatch.undo()
    for name in ("morse_dialect", "faulty_dialects"):
        sys.modules.pop(name, None)
    forget()


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("gone", r"'gone' \(no_such_module_anywhere:GONE\) cannot be loaded: ModuleNotFoundError: .*no_such_module"),
        ("number", r"'number' \(faulty_dialects:NUMBER\) is no Dialect but int"),
        ("alias", r"'alias' \(faulty_dialects:STUMBLING\) calls itself 'stumbling'"),
    ],
)
def test_who_names_a_broken_dialect_is_told_what_is_wrong_with_it(name, why):
    with pytest.raises(streamkit.UnknownDialect, match=why):
        streamkit.assemble(WIRE, name)


@pytest.mark.usefixtures("broken")
def test_nobody_else_suffers_for_a_broken_dialect(caplog):
    chat = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
    for _ in range(2):
        assert streamkit.assemble(chat, None, on_error="event").dialect == "chat"
        assert streamkit.assemble(WIRE).dialect == "morse"
    assert streamkit.assemble(b"data: what?\n\n", "chat", on_error="event").dialect == "chat"
    assert [dialect.name for dialect in all_dialects()] == [*table.BUILT_IN, "stumbling", "morse"]
    told = [(record.message, record.dialect) for record in caplog.records]
    left_out = [("dialect left out", name) for name in ("gone", "number", "alias")]
    assert sorted(told) == sorted([*left_out, ("dialect fails to recognise", "stumbling")])


@pytest.mark.usefixtures("broken")
def test_a_dialect_that_cannot_recognise_itself_still_reads():
    assert streamkit.assemble(WIRE, "stumbling").text == "HI THEA"


@pytest.mark.usefixtures("broken")
def test_the_command_line_lists_the_others_and_says_which_are_broken(capsys):
    from streamkit.cli.app import app

    with pytest.raises(SystemExit) as ended:
        app.meta(["dialects"])
    out, err = capsys.readouterr()
    assert ended.value.code == 0
    names = [line.split()[0] for line in out.splitlines()[1:]]
    assert {"chat", "morse"} < {*names}
    assert not {"gone", "number", "alias"} & {*names}
    assert [line.split("'")[1] for line in err.splitlines()] == ["alias", "gone", "number"]

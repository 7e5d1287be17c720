import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import chat, run

from streamkit.cli import app
from streamkit.response import Response
from streamkit.sync import assemble

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "responses" / "openai-two-calls.sse"


@pytest.fixture
def file(tmp_path):
    def write(body, name="body.sse"):
        (tmp_path / name).write_bytes(body)
        return tmp_path / name

    return write


def test_text_goes_to_standard_output_and_the_rest_to_standard_error(capsys):
    code, out, err = run(capsys, "replay", FIXTURE)
    assert (code, out) == (0, "Asking for both cities.\n")
    assert "completed, finish tool_calls" in err
    assert err.count("get_weather") == 4  # two items, two calls
    assert '{"city":"Lima","days":1} [complete]' in err


def test_text_alone(capsys):
    assert run(capsys, "replay", FIXTURE, "--text") == (0, "Asking for both cities.", "")


def test_text_alone_is_without_reasoning(capsys):
    path = ROOT / "fixtures" / "responses" / "openai-reasoning-summary.sse"
    assert run(capsys, "replay", path, "--text")[1] == "10 = 3 + 7."
    _, out, err = run(capsys, "replay", path)
    assert out == "10 = 3 + 7.\n"
    assert "question" in err


@pytest.mark.parametrize("path", sorted((ROOT / "fixtures").glob("*/*.sse")), ids=lambda path: path.stem)
def test_text_alone_is_the_text_of_the_response(capsys, path):
    dialect = ("--dialect", path.parent.name)
    text = json.loads(run(capsys, "replay", path, *dialect, "--json")[1])["text"]
    assert run(capsys, "replay", path, *dialect, "--text")[1] == text


def test_the_response_as_json(capsys):
    code, out, err = run(capsys, "replay", FIXTURE, "--json")
    told = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert (told["text"], told["status"], len(told["tool_calls"])) == ("Asking for both cities.", "completed", 2)
    assert set(told) == set(Response.__struct_fields__)


def test_events_one_json_object_a_line(capsys):
    code, out, err = run(capsys, "replay", FIXTURE, "--events")
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert (events[0]["event"], events[-1]["event"]) == ("ResponseStarted", "StreamEnded")
    texts = [event["text"] for event in events if event["event"] == "TextDelta"]
    assert "".join(texts) == "Asking for both cities."
    assert not any("key" in event for event in events)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (chat("a"), 0),
        (chat("a", "length"), 3),
        (chat("a", None, done=False), 4),
        (b"", 4),
        (chat("a", None, done=False) + b'data: {"error":{"message":"boom"}}\n\n', 5),
        (b"<html><body>Bad gateway</body></html>", 6),
    ],
)
@pytest.mark.parametrize("form", ["--json", "--text", "--events", None])
def test_exit_codes(capsys, file, body, code, form):
    assert run(capsys, "replay", file(body), "--dialect", "chat", *([form] if form else []))[0] == code


def test_strict_mode_refuses(capsys, file):
    body = chat("a").replace(b"data: {", b"data:data: {")
    assert run(capsys, "replay", file(body), "--dialect", "chat")[0] == 0
    code, _, err = run(capsys, "replay", file(body), "--dialect", "chat", "--strict")
    assert code == 7
    assert "double_prefix" in err


def test_several_files_end_with_the_worst_code(capsys, file):
    good, cut = file(chat("good"), "good.sse"), file(chat("cut", None, done=False), "cut.sse")
    code, out, err = run(capsys, "replay", good, cut, good)
    assert (code, out) == (4, "good\ncut\ngood\n")
    assert "cut.sse" in err


def test_the_name_of_a_file_is_shown_whole_however_long_it_is(capsys, file, tmp_path):
    (tmp_path / ("long" * 40)).mkdir()
    good, odd = file(chat("good"), "long" * 40 + "/good.sse"), file(chat("odd"), "[b]odd\x1b.sse")
    _, _, err = run(capsys, "replay", good, odd)
    assert "── " + str(good) + " ──" in err
    assert "[b]odd\\x1b.sse" in err


def test_a_bad_file_does_not_keep_the_others_from_being_read(capsys, file, tmp_path):
    good, cut = file(chat("good"), "good.sse"), file(chat("cut", None, done=False), "cut.sse")
    none = tmp_path / "none.sse"
    code, out, err = run(capsys, "replay", none, good, tmp_path)
    assert (code, out) == (2, "good\n")
    complaints = [line for line in err.splitlines() if line.startswith("streamkit: ")]
    assert len(complaints) == 2
    assert "none.sse" in complaints[0]
    assert run(capsys, "replay", none, cut)[0] == 4


def test_a_terminal_is_asked_for_a_file(capsys, monkeypatch):
    class Keyboard:
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Keyboard())
    code, out, err = run(capsys, "replay")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "streamkit replay FILE" in err


def test_an_interrupted_answer_is_written_as_far_as_it_came(capsys, monkeypatch):
    def interrupted(path):
        yield chat("as far", None, done=False)
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "_chunks", interrupted)
    assert run(capsys, "replay", "-", "--dialect", "chat", "--text") == (130, "as far", "")
    code, out, _ = run(capsys, "replay", "-", "--dialect", "chat", "--json")
    told = json.loads(out)
    assert (code, told["text"], told["status"]) == (130, "as far", "cancelled")
    code, out, err = run(capsys, "replay", "-", "--dialect", "chat")
    assert (code, out.strip()) == (130, "as far")
    assert "cancelled" in err


@pytest.mark.parametrize("tokens", [["-"], []])
def test_standard_input(capsys, monkeypatch, tokens):
    read, write = os.pipe()
    os.write(write, chat("from a pipe"))
    os.close(write)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert run(capsys, "replay", *tokens, "--text") == (0, "from a pipe", "")


def test_the_dialect_is_recognised_or_named(capsys, file):
    odd = file(b'data: {"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    assert run(capsys, "replay", odd, "--dialect", "chat", "--text")[:2] == (0, "x")
    code, _, err = run(capsys, "replay", odd, "--dialect", "klingon")
    assert code == 2
    assert "there is no dialect 'klingon'" in err


def test_a_file_that_is_not_there_is_one_line(capsys, tmp_path):
    code, out, err = run(capsys, "replay", tmp_path / "none.sse")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("streamkit: ")
    assert "none.sse" in err


def test_a_mistyped_option_is_no_file(capsys, file):
    code, out, err = run(capsys, "replay", file(chat("a")), "b.sse", "--josn")
    assert (code, out) == (2, "")
    assert "--josn" in err
    for first in ("--josn", "-x"):  # in front of the files, too
        code, out, err = run(capsys, "replay", first, file(chat("a")))
        assert (code, out) == (2, "")
        assert err == f"streamkit: there is no option {first}; a file that is called so is written ./{first}\n"


def test_forms_exclude_each_other(capsys):
    code, _, err = run(capsys, "replay", FIXTURE, "--json", "--text")
    assert (code, err) == (2, "streamkit: --events, --json and --text exclude each other\n")


def test_a_halted_stream_is_read_no_further(capsys, file):
    body = b"<html>" + b"x" * (1 << 20)
    assert run(capsys, "replay", file(body), "--text")[0] == 6


def test_as_a_process_of_its_own_in_an_encoding_that_has_no_such_characters():
    done = subprocess.run(
        [sys.executable, "-m", "streamkit.cli.main", "replay", "-", "--text"],
        input=chat("é\t:smile:\n"),
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\\xe9\t:smile:\n", b"")


def test_output_streams_without_an_encoding_are_left_alone(capsys, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert run(capsys, "replay", FIXTURE, "--text")[0] == 0
    assert out.getvalue() == "Asking for both cities."


@pytest.mark.parametrize("tokens", [["replay", FIXTURE, "--events"], ["replay", FIXTURE], ["quirks"], ["dialects"]])
def test_a_reader_that_has_gone_is_no_fault(tokens):
    """`streamkit replay FILE | head -1`: quiet, with the exit code that a shell gives other tools."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "streamkit.cli.main", *map(str, tokens)],
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 141
    assert b"roken pipe" not in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("form", ["--json", "--events"])
def test_j01_lines_of_json_never_hold_half_a_character(file, capsys, form):
    body = (
        b'data: {"id":"i","choices":[{"index":0,"delta":{"content":"x","odd":"\\ud83d"},"finish_reason":"stop"}],'
        b'"system_fingerprint":"f\\ud83d","extra":{"\\ud83d":"\\ud83d"}}\n\ndata: [DONE]\n\n'
    )
    code, out, _ = run(capsys, "replay", file(body), "--dialect", "chat", form)
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()]
    assert "Traceback" not in out


@pytest.mark.parametrize("form", ["--json", "--events"])
def test_j01_a_claim_of_the_end_with_half_a_character_is_written(file, capsys, form):
    body = (
        b'data: {"type":"response.created","response":{"id":"r"}}\n\n'
        b'data: {"type":"strange.frame","x":"\\ud83d"}\n\n'
        b'data: {"type":"response.completed","response":{"id":"r","status":"completed","metadata":{"k":"\\ud83d"},'
        b'"incomplete_details":"\\ud83d","output":[]}}\n\n'
    )
    _, out, _ = run(capsys, "replay", file(body), "--dialect", "responses", form)
    assert [json.loads(line) for line in out.splitlines()]
    assert form == "--json" or "\ufffd" in out


ODD_NUMBERS = (
    b'data: {"id":"i","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],'
    b'"scores":{"worst":-Infinity,"all":[NaN,Infinity,0.5]}}\n\ndata: [DONE]\n\n'
)


def test_j04_the_response_as_json_has_words_for_odd_numbers_as_its_dictionary_has(file, capsys):
    _, out, _ = run(capsys, "replay", file(ODD_NUMBERS), "--dialect", "chat", "--json")
    told = json.loads(out)
    assert told["metadata"]["scores"] == {"worst": "-Infinity", "all": ["NaN", "Infinity", 0.5]}
    assert told == assemble(ODD_NUMBERS, "chat").to_dict()


def test_j04_events_as_lines_of_json_have_words_for_odd_numbers(file, capsys):
    _, out, _ = run(capsys, "replay", file(ODD_NUMBERS), "--dialect", "chat", "--events")
    told = [json.loads(line).get("metadata") for line in out.splitlines()]
    assert {"scores": {"worst": "-Infinity", "all": ["NaN", "Infinity", 0.5]}} in told

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from running import chat, run

from streamkit.testing.server import Playback, PlaybackServer

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(body, status=200, content_type="text/event-stream"):
    """A server on loopback that answers everything alike; gives its URL and the requests it got."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = self.rfile.read(int(self.headers["content-length"]))
            asked.append((self.path, dict(self.headers), json.loads(sent)))
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/chat/completions", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


BODY = {"model": "m1", "stream": True}


def test_it_asks_and_shows_the_answer(capsys):
    with serving(chat("Hello")) as (url, asked):
        code, out, err = run(capsys, "stream", url, "-d", json.dumps(BODY), "-H", "X-Key: a: b ", "--header", "X-B:c")
    assert (code, out) == (0, "Hello\n")
    assert "completed, finish stop" in err
    [(path, headers, sent)] = asked
    assert (path, sent) == ("/v1/chat/completions", BODY)
    lower = {name.lower(): value for name, value in headers.items()}
    assert (lower["x-key"], lower["x-b"]) == ("a: b", "c")


def test_a_body_from_a_file(capsys, tmp_path):
    (tmp_path / "body.json").write_text(json.dumps(BODY))
    with serving(chat("Hello")) as (url, asked):
        assert run(capsys, "stream", url, "-d", f"@{tmp_path / 'body.json'}", "--text")[:2] == (0, "Hello")
    assert asked[0][2] == BODY


def test_a_body_from_standard_input(capsys, monkeypatch):
    import io
    import sys

    class Input:
        buffer = io.BytesIO(json.dumps(BODY).encode())

    monkeypatch.setattr(sys, "stdin", Input)
    with serving(chat("Hello")) as (url, asked):
        assert run(capsys, "stream", url, "-d", "@-", "--text")[0] == 0
    assert asked[0][2] == BODY


def test_json_and_events(capsys):
    with serving(chat("Hello")) as (url, _):
        assert json.loads(run(capsys, "stream", url, "-d", "{}", "--json")[1])["text"] == "Hello"
        events = run(capsys, "stream", url, "-d", "{}", "--events")[1].splitlines()
    assert json.loads(events[-1])["event"] == "StreamEnded"


def test_an_error_of_the_providers_is_its_exit_code(capsys):
    error = b'{"error":{"message":"no such model","type":"invalid_request_error","param":"model"}}'
    with serving(error, 404, "application/json") as (url, _):
        code, out, err = run(capsys, "stream", url, "-d", "{}", "--dialect", "chat")
    assert (code, out) == (5, "")
    assert "no such model" in err


def test_a_cut_answer_is_its_exit_code(capsys):
    with serving(chat("Hel", None, done=False)) as (url, _):
        assert run(capsys, "stream", url, "-d", "{}", "--text") == (4, "Hel", "")


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["-d", "{not json"], "the request body is not JSON"),
        (["-d", "@/no/such/file"], "/no/such/file"),
        (["-d", "{}", "-H", "no colon"], "a header is written 'Name: value'"),
        (["-d", "{}", "-H", ": value"], "a header is written 'Name: value'"),
        (["-d", "{}", "--json", "--text"], "exclude each other"),
        (["-d", "{}", "--dialect", "klingon"], "klingon"),
    ],
)
def test_the_callers_mistakes_are_one_line(capsys, tokens, said):
    code, out, err = run(capsys, "stream", "http://127.0.0.1:9/", *tokens)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize(
    "header", [" : sk-secret", "Authorization Bearer sk-secret", "Authorization Bearer sk-secret: x"]
)
def test_a_header_that_is_none_is_not_echoed(capsys, header):
    """What was given may hold a key."""
    code, _, err = run(capsys, "stream", "http://127.0.0.1:9/", "-d", "{}", "-H", "A: b", "-H", header)
    assert code == 2
    assert "number 2" in err
    assert "secret" not in err
    assert "Bearer" not in err


def test_a_server_that_never_answers_is_given_up(capsys):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        code, _, err = run(capsys, "stream", url, "-d", "{}", "--timeout", "0.05")
    assert code == 4
    assert "ttfb_timeout" in err
    assert "raise --timeout" in err


def test_without_further_words_a_silent_server_has_less_than_a_minute(capsys, monkeypatch):
    given = {}
    monkeypatch.setattr("streamkit.client.Client", lambda *_, **options: given.update(options) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(capsys, "stream", "http://127.0.0.1:9/", "-d", "{}")
    assert given["watchdog"].first * (given["retries"] + 1) < 60
    assert given["timeout"] * (given["retries"] + 1) < 60


def test_where_nothing_listens_it_is_said(capsys):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code, out, err = run(capsys, "stream", f"http://127.0.0.1:{port}/", "-d", "{}")
    told = " ".join(err.split())
    assert (code, out) == (4, "")
    assert "nothing listens at this address" in told
    assert "Check the URL, and whether the server is running." in told
    assert "connection broke" not in told
    assert "finish" not in told


def test_strict(capsys):
    with serving(chat("a").replace(b"data: {", b"data:data: {")) as (url, _):
        asked = ("stream", url, "-d", "{}", "--dialect", "chat")
        assert run(capsys, *asked)[0] == 0
        code, _, err = run(capsys, *asked, "--strict")
    assert code == 7
    assert "double_prefix" in err


@pytest.mark.parametrize("wrong", [["--timeout", "-1"], ["--timeout", "nan"], ["--retries", "-1"]])
def test_times_and_numbers_that_cannot_be(capsys, wrong):
    code, _, err = run(capsys, "stream", "http://127.0.0.1:9/", "-d", "{}", *wrong)
    assert (code, err) == (2, "streamkit: --timeout and --retries are 0 or more\n")


def test_verbose_says_why_another_attempt_is_made():
    busy = Playback(
        body=b'{"error":{"message":"m","code":"busy"}}',
        status=503,
        content_type="application/json",
        headers=(("retry-after", "0"),),
    )
    with PlaybackServer() as server:
        server.play(busy, Playback(body=chat("Hello"), content_type="text/event-stream"))
        asked = ["stream", server.url, "-d", "{}", "--dialect", "chat", "--text", "--retries", "1", "-v"]
        done = subprocess.run(
            [sys.executable, "-m", "streamkit.cli.main", *asked, "-H", "Authorization: Bearer sekrit-word"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "Hello")
    [line] = [line for line in done.stderr.splitlines() if "retrying" in line]
    assert line == "INFO streamkit retrying attempt=1 code=busy status=503 retry_after=0.0"
    assert "sekrit-word" not in done.stderr

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from running import chat, run


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
        assert run(capsys, "stream", url, "-d", f"@{tmp_path / 'body.json'}", "--text")[:2] == (0, "Hello\n")
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
        assert run(capsys, "stream", url, "-d", "{}", "--text") == (4, "Hel\n", "")


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


def test_a_header_that_is_none_is_not_echoed(capsys):
    """What stands behind a colon may be a key."""
    assert "sk-secret" not in run(capsys, "stream", "http://127.0.0.1:9/", "-d", "{}", "-H", " : sk-secret")[2]

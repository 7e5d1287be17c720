import json

import pytest

from streamkit.client.bodies import encoded
from streamkit.client.notes import Notes
from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import ErrorReported, QuirkSeen, TextDelta
from streamkit.faults.answers import error_payload, request_id
from streamkit.framing.layers import charset_of


@pytest.mark.parametrize(
    ("data", "payload"),
    [
        (b"", None),
        (b" plain ", "plain"),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'event: error\ndata: {"a":1}\n\ndata: {"a":2}\n\n', {"a": 1}),
        (b'{"a":1}\n{"a":2}\n', {"a": 1}),
        (b"event: error\ndata: went wrong\ndata: badly\n\n", "went wrong\nbadly"),
        (b"\xff", "\ufffd"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_what_an_error_body_says(data, payload):
    assert error_payload(data) == payload


def test_j01_bodies_are_utf8_and_free_of_half_pairs():
    body = {"k\ud800": ["\ud83d\ude00", "x\udc00y", None, 1.5, True], "plain": "é"}
    assert json.loads(encoded(body).decode("utf-8")) == {"k\ufffd": ["😀", "x\ufffdy", None, 1.5, True], "plain": "é"}
    assert "\ud83d" in body["k\ud800"][0]


def test_endless_bodies_are_the_callers_fault():
    circle = []
    circle.append(circle)
    with pytest.raises(UsageError):
        encoded(circle)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_has_none_for_is_refused(number):
    with pytest.raises(UsageError, match="infinite or nan"):
        encoded({"temperature": [1.0, {"deep": number}]})


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        ("", None),
        ("text/event-stream", None),
        ("text/event-stream; charset=UTF-8", None),
        ('text/plain; x=y; charset="ISO-8859-1"', "iso8859-1"),
        ("text/plain; charset=nonsense", None),
    ],
)
def test_j14_charset(value, charset):
    assert charset_of({"content-type": value}) == charset


def test_request_ids():
    assert request_id({"request-id": "a", "cf-ray": "b"}) == "a"
    assert request_id({}) == ""


def test_j10_notes_mask_the_callers_secrets():
    notes = Notes(None, ("opaque-secret",))
    (error,) = notes.feed(
        ErrorReported(
            error=ErrorInfo(kind="provider", message="opaque-secret", chain=("x opaque-secret",), raw=["opaque-secret"])
        )
    )
    assert (error.error.message, error.error.chain, error.error.raw) == ("***", ("x ***",), ["***"])
    (quirk,) = notes.feed(QuirkSeen(quirk="q", detail="opaque-secret", data={"a": "opaque-secret"}))
    assert (quirk.detail, quirk.data) == ("***", {"a": "***"})
    other = TextDelta(text="opaque-secret")
    assert list(notes.feed(other)) == [other]
    assert list(notes.close()) == []


def test_without_secrets_nothing_is_touched():
    event = QuirkSeen(quirk="q", detail="d")
    assert Notes(None, ()).feed(event)[0] is event

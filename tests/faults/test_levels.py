import json

import pytest

from streamkit.faults import looks_like_error, provider_error


def test_g01_nested_members_of_an_error_frame():
    payload = {
        "type": "error",
        "error": {"type": "invalid_request_error", "code": "invalid_value", "message": "no", "param": "x"},
    }
    info = provider_error(payload)
    assert (info.message, info.code, info.category, info.param) == ("no", "invalid_value", "invalid_request", "x")


def test_g10_text_is_the_message_and_printed_dictionaries_are_read():
    assert provider_error("upstream connect error").message == "upstream connect error"
    info = provider_error("Error code: 400 - {'error': {'message': 'nope', 'type': 'invalid_request_error'}}")
    assert (info.message, info.code) == ("nope", "invalid_request_error")


@pytest.mark.parametrize(
    "payload",
    [{"error": None, "choices": []}, {"error": {}}, {"error": ""}, {"error": []}, None, "", 5, [], {}, "error"],
)
def test_g17_empty_errors_are_none(payload):
    assert not looks_like_error(payload)


def test_g23_cause_inside_json_strings():
    inner = json.dumps({"error": {"message": "maximum context length is 8 tokens"}})
    info = provider_error({"error": {"message": "Stream error occurred", "value": {"error_message": inner}}})
    assert (info.message, info.chain, info.code) == (
        "maximum context length is 8 tokens",
        ("Stream error occurred",),
        "context_overflow",
    )


def test_g23_openrouter_raw():
    raw = json.dumps({"error": {"message": "slow", "type": "rate_limit_error"}})
    info = provider_error({"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": raw}}})
    assert (info.message, info.chain, info.category) == ("slow", ("Provider returned error",), "rate_limited")


def nested(levels):
    text = "deepest"
    for at in range(levels):
        text = json.dumps({"error": {"message": text, "at": at}})
    return text


def test_g23_five_strings_are_opened_and_not_more():
    assert provider_error(nested(5)).message == "deepest"
    assert json.loads(provider_error(nested(6)).message) == {"error": {"message": "deepest", "at": 0}}


def test_g23_text_before_the_json_is_kept():
    info = provider_error({"message": 'got 429 {"error":{"message":"slow"}}'})
    assert info.message == "slow"
    assert info.chain == ('got 429 {"error":{"message":"slow"}}',)


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "response.output_text.delta", "delta": "x"},
        {"choices": [{"delta": {"content": "error"}}]},
        {"message": {"content": "hi"}, "done": False, "model": "m"},
        {"type": "message_start", "message": {"id": "x"}},
        {"type": "custom.progress", "message": "half", "code": "x"},
        {"message": "hi", "user": "x"},
        {"message": "hi", "request_id": "r", "user": "x"},
        {"errors": [], "usage": {}},
        {"errors": [{"path": ["a"]}]},
        {"errors": [{"message": "one field"}], "data": {"answer": "x"}},
        {"type": "run.progress", "title": "searching", "status": 200},
        {"type": "run.progress", "title": "searching", "status": "running"},
        {"type": "notice", "message": "moved", "status": 410},
        {"title": "a page", "status": 404, "content": "x"},
        {"error_code": None, "message": "hi", "user": "x"},
        {"message": "hi", "code": False},
    ],
)
def test_ordinary_frames_are_no_errors(payload):
    assert not looks_like_error(payload)


@pytest.mark.parametrize(
    "payload",
    [{"message": "Forbidden"}, {"detail": "Not Found"}, {"code": 7, "message": "m"}, [{"error": {"code": 1}}]],
)
def test_g04_flat_frames_are_errors(payload):
    assert looks_like_error(payload)


@pytest.mark.parametrize(
    ("payload", "message", "code", "status"),
    [
        ({"message": "Key expired", "request_id": "r1"}, "Key expired", "", None),
        ({"id": "8c", "message": "Key expired", "data": None}, "Key expired", "", None),
        ({"errors": [{"message": "Key expired"}]}, "Key expired", "", None),
        ({"errors": ["Key expired", "and old"]}, "Key expired; and old", "", None),
        ({"errors": [{"status": "403", "code": "K1", "title": "No"}], "meta": {}}, "No", "K1", 403),
        ({"error_code": "EXPIRED", "message": "Key expired"}, "Key expired", "EXPIRED", None),
        ({"error_code": 17, "error_msg": "limit reached"}, "limit reached", "17", None),
        ({"message": "Key expired", "statusCode": 403}, "Key expired", "", 403),
    ],
)
def test_a17_documents_of_gateways_are_errors(payload, message, code, status):
    assert looks_like_error(payload)
    info = provider_error(payload)
    assert (info.message, info.code, info.status) == (message, code, status)


@pytest.mark.parametrize(
    ("kind", "code"), [("https://a.example/credit", "https://a.example/credit"), ("about:blank", ""), (None, "")]
)
def test_a17_a_problem_document_is_an_error_whatever_its_type(kind, code):
    payload = {"type": kind, "title": "Forbidden", "status": 403, "detail": "No credit"}
    assert looks_like_error(payload)
    info = provider_error(payload)
    assert (info.message, info.code, info.status) == ("No credit", code, 403)
    assert provider_error({"title": "Forbidden", "status": 403}).message == "Forbidden"


def test_html_gives_its_title():
    assert (
        provider_error("<html><head><title>502 Bad Gateway</title>", status=502).message
        == "an HTML page: 502 Bad Gateway"
    )


def test_no_body_names_the_status():
    assert provider_error(None, status=503).message == "HTTP 503 Service Unavailable, without a message"
    assert provider_error(b"", status=599).message == "HTTP 599, without a message"


@pytest.mark.parametrize(
    "payload",
    [
        {"error_type": "x", "choices": None},
        {"base_resp": {"status_code": 5}},
        {"type": "x", "response": {"error": {"code": "y"}}},
        {"throttlingException": {"message": "m"}},
        {"object": "error", "message": "m"},
    ],
)
def test_every_shape_of_an_error_is_known(payload):
    assert looks_like_error(payload)


def test_endless_nesting_ends():
    payload = {"message": "deep"}
    for _ in range(100):
        payload = {"error": payload}
    assert provider_error(payload).message
    assert provider_error("{'a': " + "[" * 3_000 + "}").message


def test_a_printed_dictionary_that_is_too_long_stays_text():
    text = "{'message': '" + "x" * 30_000 + "'}"
    assert provider_error(text).message.startswith("{'message'")


HUGE = 10**400


def test_j05_numbers_that_no_float_can_be_and_values_that_are_too_deep_raise_nothing():
    error = {"message": "m", "code": HUGE, "status": HUGE, "retry_after": HUGE, "headers": {"retry-after": [1]}}
    info = provider_error({"error": error})
    assert (info.message, info.status, info.retry_after) == ("m", None, None)
    deep = "x"
    for _ in range(50_000):
        deep = [deep]
    strange = {"type": deep, "message": "m", "code": deep, "loc": [deep, "a", 0], "headers": {"retry-after": deep}}
    info = provider_error({"error": strange})
    assert (info.message, info.param) == ("m", "a.0")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<html><title>  Bad gateway \n</title>", "an HTML page: Bad gateway"),
        ("<html><h1>Not here</h1>", "an HTML page: Not here"),
        ("<html><title>" + " " * 20_000, "an HTML page"),
        ("<html><title>x" + " " * 20_000 + "</title>", "an HTML page: x"),
        ("<html><h1><b>502</b> Bad Gateway</h1>", "an HTML page: 502 Bad Gateway"),
        ("<center>down</center>", "an HTML page: down"),
    ],
)
def test_g18_a_page_is_told_by_its_title_or_its_first_words(page, message):
    assert provider_error(page).message == message


@pytest.mark.parametrize(
    "piece",
    ["a", "violat", "exceed", "eyJ-", "<title>", "<b>", "<a ='", "<!--", "input ", "[", "{", "wait in ", "1.", " "],
)
def test_endless_messages_are_not_looked_through_for_ever(piece):
    info = provider_error({"error": {"message": "<html>" + piece * (1_000_000 // len(piece))}})
    assert info.message
    assert provider_error({"error": {"message": "m" + piece * (1_000_000 // len(piece))}}).message.startswith("m")

import json
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.delays import from_fields, from_headers, parse_duration
from streamkit.errors import Entitlement, ErrorInfo, LimitExceeded, StreamError, error_from
from streamkit.events import ErrorReported, QuirkSeen
from streamkit.fault_events import error_events, is_warning, warning_event
from streamkit.faults import ENTITLEMENT_HINT, cut_phrase, looks_like_error, provider_error, transport_error
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape


def said(payload, **options):
    info = provider_error(payload, **options)
    return info.message, info.code, info.category, info.status, info.retryable


def test_g01_top_level_members_of_an_error_frame():
    payload = {"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": None}
    assert said(payload) == ("slow down", "rate_limit_exceeded", "rate_limited", None, True)


def test_g01_nested_members_of_an_error_frame():
    payload = {
        "type": "error",
        "error": {"type": "invalid_request_error", "code": "invalid_value", "message": "no", "param": "x"},
    }
    info = provider_error(payload)
    assert (info.message, info.code, info.category, info.param) == ("no", "invalid_value", "invalid_request", "x")


def test_g02_g12_number_code_becomes_text_and_status():
    assert said({"error": {"message": "boom", "type": "server_error", "code": 500}}) == (
        "boom",
        "500",
        "overloaded",
        500,
        True,
    )


def test_g03_error_beside_a_chunk():
    payload = {
        "choices": [{"delta": {}}],
        "error": {"code": 502, "message": "Provider disconnected", "metadata": {"raw": "…"}},
    }
    assert said(payload) == ("Provider disconnected", "502", "overloaded", 502, True)


@pytest.mark.parametrize(
    ("payload", "message", "code"),
    [
        ({"code": "no permission", "error": "token not allowed"}, "token not allowed", "no permission"),
        ({"error": "overloaded"}, "overloaded", ""),
        ({"detail": "Not Found"}, "Not Found", ""),
        ({"msg": "odd", "code": "x"}, "odd", "x"),
        ({"error_message": "late", "error_type": "slow"}, "late", "slow"),
        (
            {"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"}, {"msg": "too short"}]},
            "field required; too short",
            "missing",
        ),
        ({"detail": ["one", "two"]}, "one; two", ""),
        ({"object": "error", "message": "bad", "type": "BadRequestError", "code": 400}, "bad", "400"),
    ],
)
def test_g04_flat_errors(payload, message, code):
    info = provider_error(payload)
    assert (info.message, info.raw) == (message, payload)
    assert info.code == code


def test_g04_validator_names_the_parameter():
    assert provider_error({"detail": [{"loc": ["body", "input", 3], "msg": "m"}]}).param == "body.input.3"


def test_g05_members_beside_null_choices():
    payload = {"choices": None, "error_type": "engine_overloaded", "error_message": "try later"}
    assert said(payload) == ("try later", "engine_overloaded", "overloaded", None, True)


def test_g06_status_object():
    payload = {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    assert said(payload) == ("insufficient balance", "1008", "quota_exceeded", None, False)
    assert not looks_like_error({"choices": [{}], "base_resp": {"status_code": 0, "status_msg": ""}})


def test_g07_google_array_status_and_delay():
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    payload = [
        {
            "error": {
                "code": 503,
                "message": "The model\u00a0is overloaded.",
                "status": "UNAVAILABLE",
                "details": details,
            }
        }
    ]
    assert said(payload) == ("The model is overloaded.", "UNAVAILABLE", "overloaded", 503, True)
    assert provider_error(payload).retry_after == 7.0


@pytest.mark.parametrize(
    ("word", "status", "category", "retryable"),
    [
        ("overloaded_error", 529, "overloaded", True),
        ("api_error", 500, "overloaded", True),
        ("rate_limit_error", 429, "rate_limited", True),
        ("invalid_request_error", 400, "invalid_request", False),
        ("authentication_error", 401, "entitlement", False),
        ("billing_error", 402, "quota_exceeded", False),
    ],
)
def test_g08_g24_anthropic_words_have_a_status_and_a_verdict(word, status, category, retryable):
    info = provider_error({"type": "error", "error": {"type": word, "message": "m"}}, status=200)
    assert (info.code, info.status, info.category, info.retryable) == (word, status, category, retryable)


def test_g08_status_is_not_invented_for_unknown_words():
    assert provider_error({"type": "error", "error": {"type": "odd_error", "message": "m"}}).status is None


@pytest.mark.parametrize(
    ("response", "message", "code", "retryable"),
    [
        ({"status": "failed", "error": {"code": "server_error", "message": "sorry"}}, "sorry", "server_error", True),
        ({"status": "failed", "error": {"code": "invalid_prompt", "message": "bad"}}, "bad", "invalid_prompt", False),
        ({"status": "failed", "error": None, "incomplete_details": {"reason": "why"}}, "why", "", None),
        ({"status": "failed", "error": None}, "response failed", "", None),
    ],
)
def test_g09_failed_responses(response, message, code, retryable):
    info = provider_error({"type": "response.failed", "response": response})
    assert (info.message, info.code, info.retryable) == (message, code, retryable)


def test_g10_text_is_the_message_and_printed_dictionaries_are_read():
    assert provider_error("upstream connect error").message == "upstream connect error"
    info = provider_error("Error code: 400 - {'error': {'message': 'nope', 'type': 'invalid_request_error'}}")
    assert (info.message, info.code) == ("nope", "invalid_request_error")


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached. Please try again in 1.898s.", 1.898),
        ("Please try again in 20ms", 0.02),
        ("try again in 7m12s.", 432.0),
        ("Please retry after 30 seconds.", 30.0),
        ("Retrying in 5 minutes", 300.0),
        ("wait for 1 hour 5 minutes please", 3900.0),
        ("limit resets in 2h", 7200.0),
        ("try again later", None),
        ("waiting for 3 models", None),
    ],
)
def test_g13_delay_in_prose(message, seconds):
    assert provider_error({"error": {"message": message}}).retry_after == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After": "Fri, 02 Jan 1970 00:00:30 GMT"}, 30.0),
        ({"Retry-After": "Fri, 02 Jan 1970 00:00:30 GMT", "Date": "Fri, 02 Jan 1970 00:00:20 GMT"}, 10.0),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        (
            {
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "1s",
                "x-ratelimit-remaining-tokens": "9",
            },
            360.0,
        ),
        ({"x-ratelimit-reset-tokens": "12ms"}, 0.012),
        ({"x-ratelimit-reset-tokens": "12s", "x-ratelimit-remaining-tokens": "3"}, None),
        (
            {
                "anthropic-ratelimit-requests-reset": "1970-01-02T00:00:40Z",
                "anthropic-ratelimit-requests-remaining": "0",
            },
            40.0,
        ),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_g13_delay_in_headers(headers, seconds):
    assert provider_error(None, status=429, headers=headers, now=lambda: 86_400.0).retry_after == seconds


def test_g13_resets_do_not_count_where_no_limit_was_hit():
    assert provider_error(None, status=400, headers={"x-ratelimit-reset-tokens": "12s"}).retry_after is None


@pytest.mark.parametrize(
    ("payload", "seconds"),
    [
        ({"error": {"type": "usage_limit_reached", "resets_in_seconds": 5400}}, 5400.0),
        ({"error": {"retry_after": "3"}}, 3.0),
        ({"retry_after_ms": 250}, 0.25),
        ({"error": {"resets_at": 1_700_000_060}}, 60.0),
        ({"error": {"resets_at": 1_700_000_060_000}}, 60.0),
        (
            {"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1700000005000", "X-RateLimit-Remaining": "0"}}}},
            5.0,
        ),
        ({"retry_after": True}, None),
        ({"retry_after": 1e300}, None),
    ],
)
def test_g13_delay_in_members(payload, seconds):
    assert from_fields(payload, lambda: 1_700_000_000.0) == seconds


def test_g13_header_comes_before_member_before_prose():
    payload = {"error": {"message": "try again in 3s", "retry_after": 2}}
    assert provider_error(payload, status=429, headers={"retry-after": "1"}).retry_after == 1.0
    assert provider_error(payload, status=429).retry_after == 2.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("7s", 7.0), ("1m30s", 90.0), ("2 days", 172_800.0), ("", None), ("7", None), ("7x", None)]
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


def test_headers_are_read_without_case():
    assert from_headers({"RETRY-AFTER": "4"}, lambda: 0.0) == 4.0


@pytest.mark.parametrize(
    ("name", "retryable"),
    [
        ("throttlingException", True),
        ("serviceUnavailableException", True),
        ("modelTimeoutException", True),
        ("internalServerException", True),
        ("modelStreamErrorException", True),
        ("validationException", False),
    ],
)
def test_g14_modelled_exceptions(name, retryable):
    payload = {name: {"message": "m"}}
    info = provider_error(payload)
    assert (info.code, info.message, info.retryable) == (name, "m", retryable)
    assert looks_like_error(payload)


def test_g15_entitlement_keeps_the_message_and_takes_the_tag():
    message = "The OAuth token has invalid credentials. [WKE=unauthenticated:bad-credentials]"
    info = provider_error({"code": "The caller does not have permission", "error": message}, status=403)
    assert (info.message, info.code, info.category, info.retryable) == (
        message,
        "unauthenticated:bad-credentials",
        "entitlement",
        False,
    )
    assert info.hint == ENTITLEMENT_HINT
    error = error_from(info)
    assert isinstance(error, Entitlement)
    assert "not entitled on this endpoint" in str(error)


@pytest.mark.parametrize(
    "payload",
    [{"error": None, "choices": []}, {"error": {}}, {"error": ""}, {"error": []}, None, "", 5, [], {}, "error"],
)
def test_g17_empty_errors_are_none(payload):
    assert not looks_like_error(payload)


def test_g18_parser_refusal_keeps_the_output_and_may_be_retried():
    payload = {
        "error": {
            "code": "tool_use_failed",
            "type": "invalid_request_error",
            "message": "m",
            "failed_generation": "<f>",
        }
    }
    info = provider_error(payload, status=400)
    assert (info.code, info.retryable, info.raw["error"]["failed_generation"]) == ("tool_use_failed", True, "<f>")


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        "the request exceeds the available context size, try increasing it",
        "Please reduce the length of the messages or completion.",
        "Input is too long for requested model.",
        "The prompt is too long for this model",
        "input length and `max_tokens` exceed context limit: 1 + 2 > 3",
    ],
)
def test_g19_overflow_texts(message):
    info = provider_error({"error": {"message": message, "type": "invalid_request_error"}}, status=400)
    assert (info.code, info.category, info.retryable, info.message) == (
        "context_overflow",
        "context_too_long",
        False,
        message,
    )


@pytest.mark.parametrize(
    "message",
    [
        "Request too large for m on tokens per min (TPM): maximum context length 5",
        "Rate limit: too many tokens in a minute",
        "Invalid value: 'context'",
    ],
)
def test_g19_other_texts_are_no_overflow(message):
    assert provider_error({"error": {"message": message}}).code != "context_overflow"


def test_g19_empty_body_from_a_listed_host_only():
    assert provider_error(None, status=400, host="api.cerebras.ai").code == "context_overflow"
    assert provider_error(None, status=400, host="example.org").code == ""
    assert provider_error(None, status=401, host="api.cerebras.ai").category == "entitlement"


def test_g21_template_errors_are_final():
    info = provider_error(
        {"error": {"message": "Error rendering prompt with jinja template: 'x' is undefined"}}, status=500
    )
    assert (info.code, info.category, info.retryable) == ("template_error", "invalid_request", False)


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
    ("payload", "status", "category", "retryable"),
    [
        ({"error": {"message": "x"}}, 400, "invalid_request", False),
        ({"error": {"message": "x"}}, 401, "entitlement", False),
        ({"error": {"message": "x"}}, 402, "quota_exceeded", False),
        (None, 404, "invalid_request", False),
        (None, 408, "overloaded", True),
        (None, 409, "", True),
        (None, 418, "", False),
        (None, 429, "rate_limited", True),
        (None, 500, "overloaded", True),
        (None, 501, "invalid_request", False),
        (None, 529, "overloaded", True),
        (
            {"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "x"}},
            429,
            "quota_exceeded",
            False,
        ),
        (
            {"error": {"type": "invalid_request_error", "message": "Your credit balance is too low"}},
            400,
            "quota_exceeded",
            False,
        ),
        (
            {"error": {"code": "content_filter", "message": "x", "innererror": {"code": "Y"}}},
            400,
            "content_blocked",
            False,
        ),
        (
            {"error": {"code": "invalid_prompt", "message": "flagged as potentially violating our usage policy"}},
            400,
            "content_blocked",
            False,
        ),
        ({"error": {"message": "odd"}}, None, "", None),
    ],
)
def test_g24_categories(payload, status, category, retryable):
    info = provider_error(payload, status=status)
    assert (info.category, info.retryable) == (category, retryable)


@pytest.mark.parametrize(("word", "retryable"), [("true", True), ("false", False), ("perhaps", True)])
def test_g24_the_servers_word_wins(word, retryable):
    assert provider_error(None, status=500, headers={"X-Should-Retry": word}).retryable is retryable


def test_g25_warnings_are_no_errors():
    warning = {"type": "warning", "message": "model overloaded, falling back"}
    assert not looks_like_error(warning)
    assert is_warning(warning)
    assert is_warning({"warnings": ["old model"], "choices": []})
    assert not is_warning({"type": "error", "warnings": ["x"]})
    event = warning_event(warning)
    assert (event.quirk, event.detail, event.data) == ("provider_warning", "model overloaded, falling back", warning)


@pytest.mark.parametrize(
    ("line", "cut"),
    [("upstream error: read ECONNRESET", True), ("stream closed unexpectedly", True), ("hello there", False)],
)
def test_g26_phrases_of_a_cut(line, cut):
    assert cut_phrase(line) is cut


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "response.output_text.delta", "delta": "x"},
        {"choices": [{"delta": {"content": "error"}}]},
        {"message": {"content": "hi"}, "done": False, "model": "m"},
        {"type": "message_start", "message": {"id": "x"}},
        {"type": "custom.progress", "message": "half", "code": "x"},
        {"message": "hi", "user": "x"},
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


def test_j09_j10_messages_are_masked_and_printable_and_raw_is_masked():
    info = provider_error(
        {"error": {"message": "key sk-proj-abcdefgh \x1b[31m and mysecret1", "api_key": "k"}}, secrets=["mysecret1"]
    )
    assert info.message == "key sk-*** \\x1b[31m and ***"
    assert info.raw == {"error": {"message": "key sk-*** \x1b[31m and ***", "api_key": "***"}}


def test_html_gives_its_title():
    assert (
        provider_error("<html><head><title>502 Bad Gateway</title>", status=502).message
        == "an HTML page: 502 Bad Gateway"
    )


def test_no_body_names_the_status():
    assert provider_error(None, status=503).message == "HTTP 503 Service Unavailable, without a message"
    assert provider_error(b"", status=599).message == "HTTP 599, without a message"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "detail", "status", "param", "response"]) | st.text(),
            inner,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.none() | st.integers(100, 999))
def test_anything_becomes_an_error_and_nothing_raises(payload, status):
    info = provider_error(payload, status=status)
    assert isinstance(info.code, str)
    assert info.message
    looks_like_error(payload)
    assert isinstance(error_events(payload)[-1], ErrorReported)


def test_quirks_of_a_shape_come_before_the_error():
    *quirks, last = error_events([{"error": {"code": 503, "message": "m"}}])
    assert [event.quirk for event in quirks] == ["error_in_array", "error_code_number"]
    assert isinstance(last, ErrorReported)


def test_a_documented_error_shows_no_quirk():
    assert len(error_events({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})) == 1


@pytest.mark.parametrize(
    "name",
    [
        "error_flat",
        "error_beside_choices",
        "status_object",
        "error_in_array",
        "failed_without_error",
        "error_not_json",
        "error_code_number",
        "entitlement_as_bad_token",
        "error_wrapped",
    ],
)
def test_planted_faults_are_recognised(name):
    data = b'event: a\ndata: {"type":"a"}\n\nevent: b\ndata: {"type":"b"}\n\n'
    tape = Tape(data, "responses")
    edits = list(REGISTRY[name].plant(tape))
    assert edits
    for edit in edits:
        payload = Tape(tape.apply([edit])).frames[-1]
        seen = [
            e.quirk
            for e in error_events(payload.json if payload.json is not None else payload.data.decode())
            if isinstance(e, QuirkSeen)
        ]
        assert name in seen


def test_planted_warnings_are_warnings():
    tape = Tape(b'data: {"a":1}\n\ndata: {"b":1}\n\n')
    (edit,) = REGISTRY["provider_warning"].plant(tape)
    assert is_warning(Tape(tape.apply([edit])).frames[1].json)


# Broken connections (H08)


class ReadError(Exception):
    """Named as httpx names it."""


def caused(outer, inner):
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("exc", "code", "retryable"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "connection_reset", True),
        (caused(ReadError(""), ConnectionResetError()), "connection_reset", True),
        (
            ReadError("peer closed connection without sending complete message body (incomplete chunked read)"),
            "incomplete_read",
            True,
        ),
        (OSError("[Errno 110] ETIMEDOUT"), "read_timeout", True),
        (ReadError("<StreamReset stream_id:1, error_code:2>"), "stream_reset", True),
        (ReadError("GOAWAY received"), "connection_terminated", True),
        (ssl.SSLEOFError("TLS EOF"), "tls_error", True),
        (ssl.SSLCertVerificationError("certificate verify failed"), "tls_certificate", False),
        (TimeoutError(), "timeout", True),
        (RuntimeError("Event loop is closed"), "dead_event_loop", False),
        (ExceptionGroup("g", [ConnectionRefusedError()]), "connection_refused", True),
        (ReadError(), "read_error", True),
        (ValueError("odd"), "transport_error", True),
    ],
)
def test_h08_spellings_of_a_dead_connection(exc, code, retryable):
    info = transport_error(exc)
    assert (info.kind, info.code, info.retryable) == ("transport", code, retryable)


def test_h08_message_is_the_deepest_and_the_outer_ones_are_kept():
    info = transport_error(caused(ReadError("outer"), OSError("inner sk-1234567890ab")))
    assert (info.message, info.chain) == ("the connection broke: inner sk-*** (ReadError)", ("outer",))


def test_h08_circular_causes_end():
    first, second = ReadError("a"), ReadError("b")
    first.__cause__, second.__cause__ = second, first
    assert transport_error(first).code == "read_error"


def test_h22_a_dead_loop_is_explained():
    assert "make a new one" in transport_error(RuntimeError("Event loop is closed")).hint


def test_an_error_with_facts_of_its_own_keeps_them():
    info = ErrorInfo(kind="limit", message="m", limit="body", size=3)
    assert transport_error(caused(ReadError(), LimitExceeded(info))) is info


def test_error_text_shows_code_and_hint():
    assert str(StreamError(ErrorInfo(kind="wire", message="m"))) == "m"
    assert str(StreamError(ErrorInfo(kind="wire", message="m", code="c", hint="h"))) == "m [c] (h)"

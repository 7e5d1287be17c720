import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkit.errors import Entitlement, error_from
from streamkit.events import ErrorReported
from streamkit.faults import ENTITLEMENT_HINT, looks_like_error, provider_error
from streamkit.faults.events import error_events


def said(payload, **options):
    info = provider_error(payload, **options)
    return info.message, info.code, info.category, info.status, info.retryable


def test_g01_top_level_members_of_an_error_frame():
    payload = {"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": None}
    assert said(payload) == ("slow down", "rate_limit_exceeded", "rate_limited", None, True)


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
        (
            {"object": "error", "message": {"detail": [{"loc": ["body"], "msg": "bad", "type": "extra_forbidden"}]}},
            "bad",
            "extra_forbidden",
        ),
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
        "prompt token count of 70000 exceeds the limit of 64000",
        "Trying to keep the first 900 tokens when context the overflows",
        "the model is loaded with context length of only 4096 tokens",
        "The decoder prompt (length 900) is longer than the maximum model length of 800",
        "too many tokens: size limit exceeded by 12 tokens",
        "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3000 `inputs` tokens",
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
        "Too many tokens, please wait before trying again.",
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


def test_j09_j10_messages_are_masked_and_printable_and_raw_is_masked():
    info = provider_error(
        {"error": {"message": "key sk-proj-abcdefgh \x1b[31m and mysecret1", "api_key": "k"}}, secrets=["mysecret1"]
    )
    assert info.message == "key sk-*** \\x1b[31m and ***"
    assert info.raw == {"error": {"message": "key sk-*** \x1b[31m and ***", "api_key": "***"}}


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


def test_j01_half_a_character_in_an_error():
    payload = {"error": {"message": "it broke \ud83d", "code": "c\ud83d", "x\ud83d": ["\ude00"]}}
    info = provider_error(payload)
    assert (info.message, info.code) == ("it broke \ufffd", "c\ufffd")
    assert info.raw == {"error": {"message": "it broke \ufffd", "code": "c\ufffd", "x\ufffd": ["\ufffd"]}}
    assert payload["error"]["code"] == "c\ud83d"

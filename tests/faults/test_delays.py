import pytest

from streamkit.faults import provider_error
from streamkit.faults.delays import from_fields, from_headers, parse_duration


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

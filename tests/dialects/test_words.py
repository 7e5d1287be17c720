import pytest

from streamkit.dialects.words import finish_word


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("STOP", "stop"),
        ("end_turn", "stop"),
        ("EndTurn", "stop"),
        ("eos", "stop"),
        ("eos_token", "stop"),
        ("COMPLETE", "stop"),
        ("stop_sequence", "stop"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("max_output_tokens", "length"),
        ("time_limit", "length"),
        ("TOOL_USE", "tool_calls"),
        ("tool_calls", "tool_calls"),
        ("TOOL_CALL", "tool_calls"),
        ("FUNCTION_CALL", "tool_calls"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("sensitive", "content_filter"),
        ("refusal", "refusal"),
        ("pause_turn", "pause"),
        ("USER_CANCEL", "cancelled"),
        ("FINISH_REASON_STOP", "stop"),
        ("content-filter", "content_filter"),
        ("blacklist", "content_filter"),
        ("content_filter: PROHIBITED_CONTENT", "content_filter"),
        ("content_filter: OTHER", "content_filter"),
        ("content_filter:a word of tomorrow", "content_filter"),
    ],
)
def test_c14_words_of_other_dialects_mean_the_same(word, reason):
    found = finish_word(word)
    assert found is not None
    assert (found.reason, found.raw, found.known, found.code) == (reason, word, True, "")


@pytest.mark.parametrize("word", [None, "", "  ", "null", "NULL", "None", "not_finished", "FINISH_REASON_UNSPECIFIED"])
def test_c11_empty_words_are_no_finish(word):
    assert finish_word(word) is None


@pytest.mark.parametrize("word", ["network_error", "abort", "insufficient_system_resource", "error", "error_finish"])
def test_c15_failures_are_retryable_errors(word):
    found = finish_word(word)
    assert found is not None
    assert (found.reason, found.retryable, found.code) == ("error", True, word)


def test_c15_a_full_window_is_a_length_with_a_code():
    found = finish_word("model_context_window_exceeded")
    assert found is not None
    assert (found.reason, found.code, found.retryable) == ("length", "context_overflow", None)


@pytest.mark.parametrize(
    "word", ["MALFORMED_FUNCTION_CALL", "malformed_tool_use", "function_call_filter: MALFORMED_FUNCTION_CALL"]
)
def test_d38_malformed_calls_share_a_code(word):
    found = finish_word(word)
    assert found is not None
    assert (found.reason, found.code, found.raw) == ("error", "malformed_tool_call", word)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (2, "2"),
        (True, "true"),
        (["stop"], '["stop"]'),
        ({"a": 1}, '{"a":1}'),
        ("zonk", "zonk"),
        ("zonk: other", "zonk: other"),
    ],
)
def test_c16_other_values_are_unknown_and_kept(value, raw):
    found = finish_word(value)
    assert found is not None
    assert (found.reason, found.raw, found.known) == ("unknown", raw, False)


def test_an_object_is_known_by_its_type():
    found = finish_word({"type": "length", "length": 20})
    assert found is not None
    assert (found.reason, found.raw, found.known) == ("length", "length", True)


def test_a_word_of_its_own_for_unknown_is_no_deviation():
    found = finish_word("OTHER")
    assert found is not None
    assert (found.reason, found.known) == ("unknown", True)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("ESCALATION", "content_filter"),
        ("PUP_LIMITED_DISABLED", "content_filter"),
        ("CONTINUATION", "pause"),
        ("requires_continuation", "pause"),
    ],
)
def test_newer_words_of_google(word, reason):
    found = finish_word(word)
    assert found is not None
    assert (found.reason, found.known) == (reason, True)

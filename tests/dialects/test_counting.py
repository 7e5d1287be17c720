import pytest

from streamkit.dialects.counting import read_usage
from streamkit.items import Usage


def counted(payload):
    usage, quirks = read_usage(payload)
    assert usage is None or usage.raw is payload
    fields = None if usage is None else tuple(getattr(usage, name) for name in FIELDS)
    return fields, [quirk.quirk for quirk in quirks]


FIELDS = ("input_tokens", "output_tokens", "total_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")


def test_c25_reasoning_inside_completion_tokens():
    payload = {
        "prompt_tokens": 1000,
        "completion_tokens": 9000,
        "total_tokens": 10000,
        "completion_tokens_details": {"reasoning_tokens": 8800, "audio_tokens": 0},
    }
    assert counted(payload) == ((1000, 9000, 10000, None, None, 8800), [])


@pytest.mark.parametrize(
    "cached",
    [
        {"prompt_tokens_details": {"cached_tokens": 8}},
        {"prompt_tokens_details": {"cached_tokens": 0}, "cached_tokens": 8},
        {"prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 2},
        {"num_cached_tokens": 8},
        {"cached_tokens": 8},
        {"cache_read_input_tokens": 8},
    ],
)
def test_c29_cached_tokens_of_every_chat_spelling_are_inside_the_prompt(cached):
    payload = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, **cached}
    assert counted(payload) == ((10, 2, 12, 8, None, None), [])


def test_c29_absent_stays_unknown():
    assert counted({"prompt_tokens": 5})[0] == (5, None, None, None, None, None)


def test_c29_anthropic_input_gets_its_cache_added():
    payload = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": 3000,
        "output_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 150, "ephemeral_1h_input_tokens": 50},
    }
    assert counted(payload) == ((3210, 7, None, 3000, 200, None), [])


def test_c29_lifetimes_count_where_no_plain_count_stands():
    payload = {"input_tokens": 10, "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 6}}
    assert counted(payload)[0] == (21, None, None, None, 11, None)


def test_c29_the_plain_count_holds_wherever_the_lifetimes_stand():
    lifetimes = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 0}
    payload = {"cache_creation": lifetimes, "cache_creation_input_tokens": 33, "input_tokens": 10}
    assert counted(payload)[0] == (43, None, None, None, 33, None)


def test_c29_a_total_shows_that_the_cache_is_inside():
    payload = {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105, "cache_read_input_tokens": 60}
    assert counted(payload)[0] == (100, 5, 105, 60, None, None)


def test_c29_bedrock_input_gets_its_cache_added():
    payload = {
        "inputTokens": 3,
        "outputTokens": 4,
        "totalTokens": 1007,
        "cacheReadInputTokens": 1000,
        "cacheReadInputTokenCount": 1000,
        "cacheWriteInputTokens": 0,
    }
    assert counted(payload) == ((1003, 4, 1007, 1000, 0, None), [])


def test_responses_details_are_inside():
    payload = {
        "input_tokens": 50,
        "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 3},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 59,
    }
    assert counted(payload) == ((50, 9, 59, 40, 3, 4), [])


def test_gemini_thoughts_and_tool_prompts_are_added():
    payload = {
        "promptTokenCount": 20,
        "toolUsePromptTokenCount": 7,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 100,
        "totalTokenCount": 132,
        "cachedContentTokenCount": 4,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}],
    }
    assert counted(payload) == ((27, 105, 132, 4, None, 100), [])


def test_gemini_thoughts_alone_are_the_output():
    assert counted({"promptTokenCount": 2, "thoughtsTokenCount": 9})[0] == (2, 9, None, None, None, 9)


def test_cohere_counts_what_the_model_saw():
    payload = {
        "billed_units": {"input_tokens": 5, "output_tokens": 6},
        "tokens": {"input_tokens": 70, "output_tokens": 6},
        "cached_tokens": 32,
    }
    assert counted(payload)[0] == (70, 6, None, 32, None, None)
    assert counted({"billed_units": {"input_tokens": 5, "output_tokens": 6}})[0][:2] == (5, 6)


def test_ollama_and_bedrock_metrics():
    assert counted({"prompt_eval_count": 9, "eval_count": 4})[0][:2] == (9, 4)
    assert counted({"inputTokenCount": 9, "outputTokenCount": 4, "invocationLatency": 100})[0][:2] == (9, 4)


def test_c26_more_reasoning_than_output_is_kept_and_named():
    payload = {"completion_tokens": 10, "completion_tokens_details": {"reasoning_tokens": 14}}
    assert counted(payload) == ((None, 10, None, None, None, 14), ["usage_inconsistent"])


def test_c27_the_total_shows_reasoning_beside_the_output():
    payload = {"prompt_tokens": 10, "completion_tokens": 5, "reasoning_tokens": 100, "total_tokens": 115}
    assert counted(payload) == ((10, 105, 115, None, None, 100), ["usage_exclusive_reasoning"])


def test_c28_no_output_in_a_larger_total_is_kept_and_named():
    payload = {"prompt_tokens": 20, "completion_tokens": 0, "total_tokens": 900}
    assert counted(payload) == ((20, 0, 900, None, None, None), ["usage_inconsistent"])


def test_j13_whole_numbers_of_other_types_are_read():
    payload = {"prompt_tokens": "12", "completion_tokens": 3.0, "total_tokens": 15}
    assert counted(payload) == ((12, 3, 15, None, None, None), ["usage_coerced", "usage_coerced"])


def test_j13_cache_writes_by_lifetime_may_be_floats():
    lifetimes = {"ephemeral_5m_input_tokens": 5.0, "ephemeral_1h_input_tokens": "6", "ttl": "5m"}
    payload = {"input_tokens": 10, "cache_creation": lifetimes}
    assert counted(payload) == ((21, None, None, None, 11, None), ["usage_coerced", "usage_coerced"])


@pytest.mark.parametrize("value", [True, -1, "many", "", 1.5, float("nan"), float("inf"), "1e999", [3], "9" * 5000])
def test_j13_anything_else_is_unknown(value):
    assert counted({"prompt_tokens": value, "completion_tokens": 1}) == (
        (None, 1, None, None, None, None),
        ["usage_unreadable"],
    )


@pytest.mark.parametrize("payload", [None, {}, [], "usage", 7, {"cost": 0.5}, {"prompt_tokens": None}])
def test_c31_nothing_counted_is_no_usage(payload):
    assert counted(payload) == (None, [])


def test_huge_counts_stay_exact():
    assert read_usage({"prompt_tokens": 10**30})[0] == Usage(input_tokens=10**30, raw={"prompt_tokens": 10**30})


def test_numbers_beyond_all_counts_are_no_counts():
    longest = int("9" * 4300)  # the longest number that can be read; a sum with it could not be printed
    assert counted({"input_tokens": longest, "cache_read_input_tokens": longest, "output_tokens": 1}) == (
        (None, 1, None, None, None, None),
        ["usage_unreadable", "usage_unreadable"],
    )
    assert counted({"input_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": longest}})[0][0] == 1

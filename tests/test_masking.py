import pytest

from streamkit.masking import mask, mask_json, sensitive


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Incorrect API key provided: sk-proj-abcd…", "Incorrect API key provided: sk-***"),
        ("key sk-ant-api03-Zm9vYmFy_x-9 is wrong", "key sk-*** is wrong"),
        ("sk-1234567890abcdef", "sk-***"),
        ("AIzaSyA-0123456789abcdefghij", "AIza***"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIA***"),
        ("Bearer abc.def.ghi-jkl", "Bearer ***"),
        ("authorization: bearer  tok_12345678", "authorization: bearer  ***"),
        ("xai-abcdefghij", "xai-***"),
        ("(gsk_abcdefghij)", "(gsk_***)"),
        ("hf_abcdefghij", "hf_***"),
        ("r8_abcdefghij", "r8_***"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJ***"),
        ("in organization org-AbCdEfGh1234567 on tokens", "in organization org-*** on tokens"),
        ("https://user:secret@host/v1", "https://***@host/v1"),
        ("https://host/v1?key=abcdefgh&x=1", "https://host/v1?key=***&x=1"),
        ('{"api_key": "abcdefgh"}', '{"api_key": "***"}'),
    ],
)
def test_known_shapes_are_masked(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "a risk-assessment of disk-space",
        "sk-learn is short",
        "user-agent",
        "the bearer of news",
        "in 10 seconds: retry",
    ],
)
def test_ordinary_words_stay(text):
    assert mask(text) == text


def test_callers_own_secrets_are_masked_longest_first():
    assert mask("got hunter22-long and hunter22", ["hunter22", "hunter22-long"]) == "got *** and ***"


def test_short_secrets_are_not_searched_for():
    assert mask("the cat", ["cat"]) == "the cat"


def test_json_members_that_hold_credentials_lose_their_value():
    value = {
        "headers": {"Authorization": "opaque", "X-Api-Key": "k", "n": 1},
        "list": ["Bearer abcdefghijk", None, True],
    }
    assert mask_json(value) == {
        "headers": {"Authorization": "***", "X-Api-Key": "***", "n": 1},
        "list": ["Bearer ***", None, True],
    }


def test_json_names_are_masked_too():
    assert mask_json({"sk-1234567890abcdef": 1}) == {"sk-***": 1}


def test_the_original_is_left_alone():
    value = {"password": "x"}
    mask_json(value)
    assert value == {"password": "x"}


def test_deep_json_ends():
    value = []
    for _ in range(5_000):
        value = [value]
    masked = mask_json(value)
    depth = 0
    while isinstance(masked, list):
        masked, depth = masked[0], depth + 1
    assert (masked, depth) == ("…", 100)


@pytest.mark.parametrize(
    ("name", "verdict"), [("X-API-Key", True), ("Set-Cookie", True), ("message", False), ("tokens", False)]
)
def test_sensitive_names(name, verdict):
    assert sensitive(name) is verdict


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("eyJhbGciOiJI-eyJ and eyJhbGciOiJI.eyJzdWIiOiIx", "eyJhbGciOiJI-eyJ and eyJ***"),
        ("9http://user:secret@host", "9http://***@host"),
        ("x" * 100 + "://user:secret@host", "x" * 100 + "://***@host"),
    ],
)
def test_what_stands_close_to_a_secret_hides_it_not(text, masked):
    assert mask(text) == masked


@pytest.mark.parametrize("piece", ["a", "a.", "eyJ-", "eyJabcdef", "://", "Bearer ", "secret ", "sk-ant-.", "key="])
def test_long_texts_are_gone_through_once(piece):
    text = piece * (1_000_000 // len(piece))
    assert mask(text)

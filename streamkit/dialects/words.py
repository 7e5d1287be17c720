"""What the finish words of all dialects mean: one table, compared without case and punctuation (C11, C14, C15, C16).

`END_TURN`, `end-turn` and `EndTurn` are one word. The provider's own spelling stays beside the meaning.
"""

from typing import Final

import msgspec

from streamkit.dialects.json_text import json_text
from streamkit.items import FinishReason
from streamkit.jsontypes import Json, is_object

__all__ = ["FinishWord", "finish_word"]


class FinishWord(msgspec.Struct, kw_only=True, frozen=True):
    """A finish word and what it means."""

    reason: FinishReason
    raw: str
    """The provider's own word; a value that is no string as its JSON text (C16)."""
    code: str = ""
    """An error code that goes with it: `context_overflow`, or, where the word itself reports a failure, the word."""
    retryable: bool | None = None
    """For failures: whether the same request may succeed later."""
    known: bool = True
    """False: no table names this word; its reason is `unknown`."""


def _compact(word: str) -> str:
    return "".join(character for character in word.lower() if character.isalnum())


_WORDS: Final[dict[FinishReason, str]] = {
    "stop": """
        stop end_turn end stop_sequence eos eos_token eot eod complete completed done finish finished finish_stop
        natural_stop end_of_text end_of_turn user_stop success normal stop_token
    """,
    "length": """
        length max_tokens max_token max_length max_output_tokens max_completion_tokens max_new_tokens max_output
        model_length token_limit max_tokens_reached output_limit length_limit length_capped error_limit
        incomplete_length num_predict time_limit
    """,
    "tool_calls": "tool_calls tool_call tool_use function_call function_calls tools call_tool",
    "content_filter": """
        content_filter content_filtered content_filtering filtered safety recitation blocklist block_list blacklist
        prohibited_content spii sensitive guardrail_intervened guardrails blocked content_blocked content_policy
        content_policy_violation policy_violation image_safety image_prohibited_content image_recitation error_toxic
        risk_control model_armor escalation pup_limited_disabled jailbreak
    """,
    "refusal": "refusal refused",
    "pause": "pause_turn pause paused compaction continuation requires_continuation",
    "cancelled": "cancelled canceled cancel user_cancel user_cancelled aborted_by_user stopped_by_user",
}

_FAILURES: Final[dict[str, bool]] = {
    "error": True,
    "error_finish": True,
    "errored": True,
    "failed": True,
    "failure": True,
    "network_error": True,
    "server_error": True,
    "internal_error": True,
    "abort": True,
    "aborted": True,
    "timeout": True,
    "overloaded": True,
    "engine_overloaded": True,
    "insufficient_system_resource": True,
    "malformed_function_call": True,
    "malformed_tool_call": True,
    "malformed_tool_use": True,
    "malformed_model_output": True,
    "malformed_response": True,
    "unexpected_tool_call": True,
    "too_many_tool_calls": False,
    "missing_thought_signature": False,
    "no_image": True,
    "image_other": True,
    "repetition": True,
    "language": False,
}
"""Words that report a failure, and whether the same request may succeed later."""

_CODES: Final[dict[str, str]] = {
    "malformed_function_call": "malformed_tool_call",
    "malformed_tool_use": "malformed_tool_call",
}
"""Failures that providers spell differently (D38)."""

_OVERFLOWS: Final = "model_context_window_exceeded context_length_exceeded context_window_exceeded context_overflow"
"""The context window is full: the answer is cut like any other at its limit, with a code that says why (C15, C36)."""

_ABSENT: Final = frozenset({"", "null", "none", "undefined", "notfinished", "finishreasonunspecified"})
"""Words that say only that the answer goes on (C11; Watsonx says `not_finished` on each frame)."""

_TABLE: Final[dict[str, FinishWord]] = {
    **{_compact(word): FinishWord(reason=reason, raw="") for reason, words in _WORDS.items() for word in words.split()},
    **{
        _compact(word): FinishWord(reason="error", raw="", code=_CODES.get(word, word), retryable=retryable)
        for word, retryable in _FAILURES.items()
    },
    **{_compact(word): FinishWord(reason="length", raw="", code="context_overflow") for word in _OVERFLOWS.split()},
    **{_compact(word): FinishWord(reason="unknown", raw="") for word in ("other", "unknown")},
}

_EXACT: dict[str, FinishWord] = {
    word: msgspec.structs.replace(_TABLE[_compact(word)], raw=word)
    for word in ("stop", "length", "tool_calls", "content_filter", "function_call", "end_turn", "tool_use", "STOP")
}


def finish_word(value: Json) -> FinishWord | None:
    """What a finish reason of any dialect means; None where it says that there is none yet (C11).

    A word that no table names is `unknown` with `known=False`. Of an object, its `type` is the word; any other value
    that is no string is `unknown` (C16).
    """
    if value is None:
        return None
    if isinstance(value, str):
        exact = _EXACT.get(value)
        return exact if exact is not None else _lookup(value)
    if is_object(value) and isinstance(value.get("type"), str):
        return _lookup(value["type"])
    return FinishWord(reason="unknown", raw=json_text(value), known=False)


def _lookup(word: str) -> FinishWord | None:
    key = _compact(word)
    if key in _ABSENT:
        return None
    entry = _TABLE.get(key) or _TABLE.get(key.removeprefix("finishreason")) or _qualified(word)
    if entry is None:
        return FinishWord(reason="unknown", raw=word, known=False)
    return msgspec.structs.replace(entry, raw=word)


def _qualified(word: str) -> FinishWord | None:
    """What a word means that stands behind a more general one: Gemini's in its OpenAI form (C14, D38).

    `function_call_filter: MALFORMED_FUNCTION_CALL` is the second word, `content_filter: OTHER` the first.
    """
    general, _, special = word.partition(":")
    found = [entry for part in (special, general) if (entry := _TABLE.get(_compact(part))) is not None]
    return next((entry for entry in found if entry.reason != "unknown"), None)

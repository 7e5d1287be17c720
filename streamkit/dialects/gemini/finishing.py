"""How a Gemini answer ends: finish reasons, blocked prompts, calls that came out malformed (C14, C39, D38)."""

from msgspec.structs import replace

from streamkit.dialects.json_text import json_word
from streamkit.dialects.words import finish_word
from streamkit.events import ErrorReported, Event, MetadataReported
from streamkit.evidence import FinishClaimed
from streamkit.faults import provider_error
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.chat import finish_unknown
from streamkit.quirks.gemini import finish_number

__all__ = ["blocked", "finished"]

REASONS = (
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
)
"""The finish reasons in the order of Google's enumeration; a server that writes enumerations as numbers means these."""


def finished(reason: str | int, message: str | None, choice: int) -> list[Event]:
    """What a candidate's finish reason means."""
    out: list[Event] = []
    name = reason
    if isinstance(reason, int):
        name = REASONS[reason] if 0 <= reason < len(REASONS) else str(reason)
        out.append(finish_number.seen(detail=f"{reason} is {name}"))
    word = finish_word(name)
    if word is None:
        return []
    raw = str(reason)
    if not word.known:
        out.append(finish_unknown.seen(detail=raw))
    details: JsonObject = {"finishMessage": message} if message else {}
    out.append(
        FinishClaimed(
            finish_reason=word.reason,
            raw_finish_reason=raw,
            choice=choice,
            details=details,
            neutral=word.reason == "stop",
        )
    )
    if word.reason == "error":
        told: JsonObject = {"code": word.code, "message": message or f"the model's answer ended with {name}"}
        info = provider_error({"error": told})
        raw_error = {"finishReason": reason, **details}
        out.append(ErrorReported(error=replace(info, code=word.code, retryable=word.retryable, raw=raw_error)))
    return out


def blocked(feedback: Json) -> list[Event]:
    """What the verdict on the prompt means: with a block reason there will be no answer (C39)."""
    reason = feedback.get("blockReason") if is_object(feedback) else None
    if not reason:
        return [MetadataReported(metadata={"promptFeedback": feedback})]
    claim = FinishClaimed(
        finish_reason="content_filter", raw_finish_reason=json_word(reason), details={"promptFeedback": feedback}
    )
    return [claim]

"""Errors that do not have the shape their dialect documents (group G). Each still becomes one `ErrorReported`."""

from collections.abc import Iterator

from streamkit.jsontypes import Json, JsonObject
from streamkit.quirks.registry import quirk
from streamkit.quirks.tape import Edit, Tape

__all__ = [
    "entitlement_as_bad_token",
    "error_beside_choices",
    "error_code_number",
    "error_flat",
    "error_in_array",
    "error_not_json",
    "error_wrapped",
    "failed_without_error",
    "provider_warning",
    "status_object",
]

ENDED = (
    "id",
    "model",
    "items",
    "text",
    "reasoning",
    "refusal",
    "tool_calls",
    "dropped_calls",
    "usage",
    "status",
    "finish_reason",
    "raw_finish_reason",
    "errors",
    "metadata",
)
"""What differs from a healthy response when an error ends it: all that would have come after it is missing."""

SSE_DIALECTS = ("responses", "chat", "anthropic")


def _planted(tape: Tape, payload: Json | bytes, event: str = "") -> Iterator[Edit]:
    """The error, as the stream's last word, at every place after the first frame."""
    note = payload.decode() if isinstance(payload, bytes) else ""
    for frame in tape.frames[1:]:
        yield Edit(frame.start, len(tape.data), tape.encode(payload, event), note)


def _enclosed(tape: Tape, error: JsonObject) -> Iterator[Edit]:
    """The error object in the frame that brings errors in this dialect."""
    match tape.dialect:
        case "anthropic":
            return _planted(tape, {"type": "error", "error": {"type": "api_error", **error}}, "error")
        case "responses":
            return _planted(tape, {"type": "error", "error": error}, "error")
        case _:
            return _planted(tape, {"error": error})


@quirk(
    *SSE_DIALECTS,
    effect="guessed",
    fields=ENDED,
    catalogue="G04",
    sources=["xAI", "Ollama", "FastAPI servers"],
    known_in=("responses", "chat"),
)
def error_flat(tape: Tape) -> Iterator[Edit]:
    """An error is a bare string, or its members stand beside it instead of in an object; both are read."""
    for payload in ({"error": "overloaded"}, {"code": "server_error", "error": "the model failed"}):
        yield from _planted(tape, payload)


@quirk("chat", effect="guessed", fields=ENDED, catalogue="G05", sources=["DeepInfra"])
def error_beside_choices(tape: Tape) -> Iterator[Edit]:
    """`error_type` and `error_message` stand beside null choices; they are read as the error."""
    yield from _planted(tape, {"choices": None, "error_type": "engine_overloaded", "error_message": "try later"})


@quirk("chat", effect="guessed", fields=ENDED, catalogue="G06", sources=["MiniMax"])
def status_object(tape: Tape) -> Iterator[Edit]:
    """A status object says on a 200 that the request failed; a code other than zero is an error."""
    yield from _planted(
        tape, {"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
    )


@quirk("gemini", "chat", effect="guessed", fields=ENDED, catalogue="G07", sources=["Gemini", "Vertex"])
def error_in_array(tape: Tape) -> Iterator[Edit]:
    """The error comes as the only element of an array; it is taken out."""
    yield from _planted(
        tape, [{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}]
    )


@quirk("responses", effect="guessed", fields=ENDED, catalogue="G09", sources=["OpenAI", "Codex"])
def failed_without_error(tape: Tape) -> Iterator[Edit]:
    """`response.failed` says no error; the reason for the incompleteness, or the fact itself, is the message."""
    response = {"status": "failed", "error": None, "incomplete_details": {"reason": "server_overload"}}
    yield from _planted(tape, {"type": "response.failed", "response": response}, "response.failed")


@quirk(*SSE_DIALECTS, effect="guessed", fields=ENDED, catalogue=("G10", "G26"), sources=["proxies", "Python servers"])
def error_not_json(tape: Tape) -> Iterator[Edit]:
    """An `error` event carries plain text; the text is the message."""
    yield from _planted(tape, b"upstream connect error or disconnect/reset before headers", "error")


@quirk(*SSE_DIALECTS, effect="guessed", fields=ENDED, catalogue="G12", sources=["OpenRouter", "llama.cpp", "vLLM"])
def error_code_number(tape: Tape) -> Iterator[Edit]:
    """The error's code is a number; it becomes text, and the status where it looks like one."""
    yield from _enclosed(tape, {"code": 500, "message": "boom"})


@quirk("responses", effect="guessed", fields=ENDED, catalogue="G15", sources=["xAI OAuth"])
def entitlement_as_bad_token(tape: Tape) -> Iterator[Edit]:
    """A credential without entitlement is called invalid; the bracketed tag is the code and no retry is suggested."""
    text = "The OAuth token has invalid credentials. [WKE=unauthenticated:bad-credentials]"
    yield from _planted(tape, {"code": "The caller lacks permission", "error": text})


@quirk(*SSE_DIALECTS, effect="guessed", fields=ENDED, catalogue="G23", sources=["gateways", "OpenRouter"])
def error_wrapped(tape: Tape) -> Iterator[Edit]:
    """The cause is JSON inside a string of the error; it is opened, the outer messages go to the chain."""
    inner = '{"error":{"message":"the engine ran out of memory","type":"server_error"}}'
    yield from _enclosed(tape, {"message": "Stream error occurred", "value": {"error_message": inner}})


@quirk(*SSE_DIALECTS, effect="harmless", catalogue="G25", sources=["gateways", "Codex"], known_in=())
def provider_warning(tape: Tape) -> Iterator[Edit]:
    """A warning is shaped like an error; the stream goes on."""
    for frame in tape.frames[1:]:
        yield tape.insert(frame, {"type": "warning", "message": "model overloaded, falling back"}, "warning")

"""Decoder of the `gemini` dialect: frames of `streamGenerateContent`. It translates; the ledger keeps the books."""

from collections.abc import Iterable

import msgspec

from streamkit.dialects.base import DecoderOptions
from streamkit.dialects.counting import read_usage
from streamkit.dialects.gemini.calls import Calls
from streamkit.dialects.gemini.finishing import blocked, finished
from streamkit.dialects.gemini.spelling import may_be_snake_case, respelled
from streamkit.dialects.gemini.wire import FRAME, Candidate, GenerateFrame, Part
from streamkit.dialects.json_text import json_word
from streamkit.dialects.payloads import read
from streamkit.dialects.refused import REFUSED
from streamkit.dialects.reshaping import reshape
from streamkit.dialects.tolerance import Halves, tolerant, unread
from streamkit.events import (
    ErrorReported,
    Event,
    ItemFinished,
    ItemStarted,
    MediaAdded,
    MetadataReported,
    ProviderEvent,
    ReasoningDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import ItemClaimed
from streamkit.faults import provider_error
from streamkit.frames import Frame
from streamkit.items import Status
from streamkit.jsontypes import Json, JsonObject, is_array, is_object, is_same
from streamkit.quirks.chat import id_changed
from streamkit.quirks.gemini import part_unknown, snake_case
from streamkit.quirks.payloads import envelope

__all__ = ["GeminiDecoder"]

Events = Iterable[Event]

METADATA = {
    "grounding_metadata": "groundingMetadata",
    "citation_metadata": "citationMetadata",
    "url_context_metadata": "urlContextMetadata",
    "safety_ratings": "safetyRatings",
    "avg_logprobs": "avgLogprobs",
    "logprobs_result": "logprobsResult",
    "continuation_token": "continuationToken",
}
"""What a candidate says beside its content; the last word of each holds."""

SERVER_PARTS = {
    "executable_code": "executableCode",
    "code_execution_result": "codeExecutionResult",
    "tool_call": "toolCall",
    "tool_response": "toolResponse",
    "function_response": "functionResponse",
}
"""Parts that tell of tools which run at the server: item type, member (D43)."""

PART_MEMBERS = frozenset(field.encode_name for field in msgspec.structs.fields(Part))


class GeminiDecoder:
    """Frames of `streamGenerateContent` to events."""

    handles = (Frame,)

    def __init__(self, options: DecoderOptions) -> None:
        self._calls = Calls(options.limits)
        self._id: str | None = None
        self._model: str | None = None
        self._usage: Json = None
        self._metadata: JsonObject = {}
        self._sealed: dict[int, str] = {}
        self._keyed = 0
        self._halves = Halves()
        self._renamed = False
        self._looked = False
        """Whether unknown parts of this frame were looked for."""

    def feed(self, frame: Frame) -> Events:
        """What one frame means."""
        try:
            message = FRAME.decode(frame.data)
        except REFUSED:
            return self._tolerant(frame)
        if message.response_id is None and message.usage_metadata is None and may_be_snake_case(frame.data):
            return self._tolerant(frame)
        return self._frame(message, frame.data)

    def close(self) -> Events:
        """A call that was to be continued, half a character."""
        return [*self._calls.close(), *self._halves.flush()]

    def _tolerant(self, frame: Frame) -> Events:
        return tolerant(frame, self._halves, self._odd)

    def _odd(self, payload: JsonObject) -> list[Event]:
        """A payload that the strict types refuse, or would not understand."""
        payload, renamed = respelled(payload)
        message, quirks = reshape(payload, FRAME)
        if renamed and not self._renamed:
            self._renamed = True
            quirks.insert(0, snake_case.seen(detail=", ".join(dict.fromkeys(renamed))))
        if message is None:
            return [*quirks, *unread(payload)]
        return [*quirks, *self._frame(message, payload)]

    def _frame(self, message: GenerateFrame, source: Json) -> list[Event]:
        out: list[Event] = []
        self._looked = False
        if message.response_id != self._id or message.model_version != self._model:
            self._named(message, out)
        if message.candidates:
            for candidate in message.candidates:
                self._candidate(candidate, out, source)
        elif message.usage_metadata is None and message.prompt_feedback is None:
            self._bare(message, out, source)
        if message.prompt_feedback is not None:
            out += blocked(message.prompt_feedback)
        usage = message.usage_metadata
        if usage is not None and not is_same(usage, self._usage):
            self._usage = usage
            counted, quirks = read_usage(usage)
            out += quirks
            if counted is not None:
                out.append(UsageReported(usage=counted))
        if message.error:
            out += self.close()
            out.append(ErrorReported(error=provider_error({"error": message.error})))
        return out

    def _named(self, message: GenerateFrame, out: list[Event]) -> None:
        """Id and model: the first ones hold, other ones later are named (B32)."""
        response_id, model = message.response_id or "", message.model_version or ""
        if self._id is None and self._model is None and (response_id or model):
            out.append(ResponseStarted(response_id=response_id, model=model))
        elif (response_id and not self._id) or (model and not self._model):
            out.append(
                MetadataReported(response_id="" if self._id else response_id, model="" if self._model else model)
            )
        if self._id and response_id and response_id != self._id:
            out.append(id_changed.seen(detail=response_id))
        self._id = response_id or self._id
        self._model = model or self._model

    def _bare(self, message: GenerateFrame, out: list[Event], source: Json) -> None:
        """A frame without candidates, counts or a verdict on the prompt: an envelope, an error, or something else."""
        if is_object(message.response):
            out.append(envelope.seen(detail="response"))
            out += self._odd(message.response)
        elif not message.error and message.candidates is None and not message.response_id:
            if not isinstance(source, bytes):
                out += unread(source)
                return
            reading = read(Frame(data=source))  # other envelopes are opened there (A24)
            opened = [payload for payload in reading.objects if is_array(payload.get("candidates"))]
            out += reading.events
            out += () if opened or not reading.objects else unread(reading.objects[0])
            for payload in opened:
                out += self._odd(payload)

    def _candidate(self, candidate: Candidate, out: list[Event], source: Json) -> None:
        choice = candidate.index or 0
        content = candidate.content
        if content is not None and content.parts:
            for part in content.parts:
                text = part.text
                if text and choice not in self._sealed and not self._halves.met:
                    if part.thought:
                        out.append(ReasoningDelta(choice=choice, text=text))
                    else:
                        out.append(TextDelta(choice=choice, text=text))
                    if part.thought_signature is None and part.function_call is None:
                        continue
                    if part.thought_signature:
                        self._sign(part.thought_signature, choice, out)
                elif text is not None:
                    self._spoken(part, text, choice, out)
                if part.function_call is not None:
                    self._sealed.pop(choice, None)
                    out += self._calls.part(part.function_call, choice, part.thought_signature)
                elif text is None:
                    self._other(part, choice, out, source)
        if _has_metadata(candidate):
            self._told(candidate, choice, out)
        if candidate.finish_reason is not None:
            out += self._halves.flush()
            out += self._calls.cut(choice)
            out += finished(candidate.finish_reason, candidate.finish_message, choice)

    def _spoken(self, part: Part, text: str, choice: int, out: list[Event]) -> None:
        """Text that may be empty, or halved, or stand behind a signed part."""
        signature = part.thought_signature or ""
        fresh = bool(text) or (signature and signature != self._sealed.get(choice))
        if fresh and self._sealed.pop(choice, None) is not None:
            # a signature belongs to its own part: what follows must not be joined to it
            out.append(ItemStarted(choice=choice, type="reasoning" if part.thought else "message"))
        out += self._halves.delta(text, thought=bool(part.thought), choice=choice)
        if signature and part.function_call is None:
            self._sign(signature, choice, out)

    def _sign(self, signature: str, choice: int, out: list[Event]) -> None:
        self._sealed[choice] = signature
        out.append(SignatureReported(choice=choice, signature=signature))

    def _other(self, part: Part, choice: int, out: list[Event], source: Json) -> None:
        """A part that is neither text nor a call of the client."""
        for kind, member in SERVER_PARTS.items():
            value = getattr(part, kind)
            if value is not None:
                key = self._opened(kind, choice, out)
                details = value if is_object(value) else {member: value}
                out.append(
                    ItemClaimed(
                        key=key,
                        choice=choice,
                        type=kind,
                        status=_outcome(details),
                        signature=part.thought_signature or "",
                        signature_kind="signature",
                        details=details,
                    )
                )
                return
        if part.inline_data is not None or part.file_data is not None or is_object(part.audio_transcription):
            self._media(part, choice, out)
        elif part.thought_signature:
            self._spoken(part, "", choice, out)
        elif not self._looked:  # one look finds all of a frame
            self._looked = True
            for unknown in _unknown_parts(source):
                out += (part_unknown.seen(data=unknown), ProviderEvent(name="part", data=unknown))

    def _media(self, part: Part, choice: int, out: list[Event]) -> None:
        key = self._opened("media", choice, out)
        details: JsonObject = {"thought": True} if part.thought else {}
        if part.inline_data is not None:
            blob = part.inline_data
            out.append(MediaAdded(key=key, choice=choice, media_type=blob.mime_type, data=blob.data, details=details))
        elif (file := part.file_data) is not None:
            out.append(
                MediaAdded(key=key, choice=choice, media_type=file.mime_type, url=file.file_uri, details=details)
            )
        if is_object(spoken := part.audio_transcription):
            words = json_word(spoken.get("text"))
            rest = {name: value for name, value in spoken.items() if name != "text"}
            out.append(MediaAdded(key=key, choice=choice, media_type="audio", transcript=words, details=rest))
        if part.thought_signature:
            out.append(SignatureReported(key=key, choice=choice, signature=part.thought_signature))
        out.append(ItemFinished(key=key, choice=choice))

    def _opened(self, kind: str, choice: int, out: list[Event]) -> tuple[str | int, ...]:
        """Announce an item of its own, so that text before it and text behind it stay apart."""
        self._sealed.pop(choice, None)
        self._keyed += 1
        key = ("part", self._keyed)
        out.append(ItemStarted(key=key, choice=choice, type=kind))
        return key

    def _told(self, candidate: Candidate, choice: int, out: list[Event]) -> None:
        for name, member in METADATA.items():
            value: Json = getattr(candidate, name)
            told = f"{member}[{choice}]" if choice else member
            if value is not None and not is_same(self._metadata.get(told), value):
                self._metadata[told] = value
                out.append(MetadataReported(metadata={told: value}))


def _has_metadata(candidate: Candidate) -> bool:
    """Whether any of `METADATA` is there; most frames have none."""
    return (
        candidate.safety_ratings is not None
        or candidate.grounding_metadata is not None
        or candidate.citation_metadata is not None
        or candidate.url_context_metadata is not None
        or candidate.avg_logprobs is not None
        or candidate.logprobs_result is not None
        or candidate.continuation_token is not None
    )


def _outcome(details: JsonObject) -> Status:
    outcome = details.get("outcome")
    return "failed" if outcome in ("OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED") else "completed"


def _unknown_parts(source: Json) -> list[JsonObject]:
    """The parts of a frame in which the strict types know no member; an empty part says nothing."""
    payload = next(iter(read(Frame(data=source)).objects), None) if isinstance(source, bytes) else source
    candidates = payload.get("candidates") if is_object(payload) else None
    contents = [each.get("content") for each in candidates or () if is_object(each)]
    parts = [part for content in contents if is_object(content) for part in content.get("parts") or ()]
    return [part for part in parts if is_object(part) and part and not PART_MEMBERS & part.keys()]

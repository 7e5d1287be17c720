"""What one delta says, in the order in which it counts: reasoning, content, refusal, calls (B29, F18).

The memory kept here is what translating needs: the name of this stream's reasoning field (E11), and which choices have
spoken, so that a repetition in another shape is known as one (F06).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from streamkit.dialects.chat.calls import fragments
from streamkit.dialects.chat.sources import Sources, audio_event, image_event
from streamkit.dialects.chat.wire import Delta, Detail, Part
from streamkit.dialects.json_text import json_word
from streamkit.dialects.payloads import SurrogateJoiner, scrub
from streamkit.events import (
    Event,
    ItemFinished,
    ItemStarted,
    MetadataReported,
    ReasoningDelta,
    RefusalDelta,
    SignatureReported,
    TextDelta,
)
from streamkit.evidence import CallFragment
from streamkit.jsontypes import Json, JsonObject, is_object
from streamkit.quirks.chat import content_parts, reasoning_fields_differ, role_unexpected
from streamkit.quirks.chat_calls import legacy_function_call

__all__ = ["DeltaReader"]

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
ROLES = frozenset({None, "", "assistant"})


class Channel(NamedTuple):
    """Where a piece of text belongs, for joining halves of characters."""

    kind: Literal["text", "reasoning", "refusal", "arguments"]
    choice: int
    place: int | None = None
    slot: int = 0


class DeltaReader:
    """Deltas to events."""

    def __init__(self) -> None:
        self.joiner = SurrogateJoiner()
        self.joining = False
        """Whether strings of this frame may hold halves of characters (J01)."""
        self.sources = Sources()
        self.spoken: set[int] = set()
        """Choices that said text."""
        self.thought: set[int] = set()
        """Choices that said reasoning."""
        self.called: set[int] = set()
        """Choices that called a tool."""
        self.shown: set[int] = set()
        """Choices that showed an image or let hear a sound."""
        self.field = ""
        """The reasoning field that this stream uses."""
        self._reported_field = ""
        self._signed: dict[int, tuple[str, str | int | None]] = {}
        self._signatures: list[JsonObject] = []
        self._reported_signatures = 0
        self._parted = False
        self._executed: set[tuple[int, int]] = set()

    @property
    def said(self) -> set[int]:
        """Choices that said something that a caller could use."""
        return self.spoken | self.thought | self.called | self.shown

    def read(self, delta: Delta, choice: int) -> list[Event]:
        """The events of one delta."""
        out: list[Event] = []
        if delta.role not in ROLES:
            out.append(role_unexpected.seen(detail=delta.role or ""))
        if delta.reasoning_details or any(getattr(delta, name) is not None for name in REASONING_FIELDS):
            self._reasoning(delta, choice, out)
        if delta.content:
            if isinstance(delta.content, str):
                self.text(delta.content, choice, out)
            else:
                self._parts(delta.content, choice, out)
        for kind, text in delta.pieces or ():
            if kind == "text":
                self.text(text, choice, out)
            else:
                self.reasoning(text, choice, out)
        if delta.reasoning_opaque or delta.extra_content:
            out += self._sealed(delta, choice)
        if delta.annotations:
            out += self.sources.annotations(delta.annotations, choice)
        media = [image_event(image, choice) for image in delta.images or ()]
        if is_object(delta.audio) and (audio := audio_event(delta.audio, choice)) is not None:
            media.append(audio)
        if media:
            self.shown.add(choice)
            out += media
        if delta.refusal:
            self.spoken.add(choice)
            out.append(RefusalDelta(text=self._whole(Channel("refusal", choice), delta.refusal), choice=choice))
        if delta.tool_calls:
            out += self._calls(delta, choice)
        if delta.function_call is not None and (delta.function_call.name or delta.function_call.arguments):
            self.called.add(choice)
            out.append(legacy_function_call.seen(detail=delta.function_call.name or ""))
            name, arguments = delta.function_call.name or "", delta.function_call.arguments or ""
            out.append(CallFragment(choice=choice, index=0, name=name, arguments=arguments))
        for position, tool in enumerate(delta.executed_tools or ()):
            self._executed_tool(tool, position, choice, out)
        if delta.provider_metadata:
            out.append(MetadataReported(metadata={"provider_metadata": delta.provider_metadata}))
        return out

    def _sealed(self, delta: Delta, choice: int) -> list[Event]:
        """Opaque members of a delta that belong to what it continues, for replay (E19, D40)."""
        out: list[Event] = []
        if delta.reasoning_opaque:
            self.thought.add(choice)
            out.append(SignatureReported(choice=choice, signature=delta.reasoning_opaque, kind="encrypted_content"))
        google = delta.extra_content.get("google") if is_object(delta.extra_content) else None
        sealed = google.get("thought_signature") if is_object(google) else None
        if isinstance(sealed, str) and sealed:
            out.append(SignatureReported(choice=choice, signature=sealed))
        elif delta.extra_content and not is_object(google):
            out.append(MetadataReported(metadata={"extra_content": delta.extra_content}))
        return out

    def text(self, text: str, choice: int, out: list[Event]) -> None:
        """Visible text."""
        self.spoken.add(choice)
        if whole := self._whole(Channel("text", choice), text):
            out.append(TextDelta(text=whole, choice=choice))

    def reasoning(self, text: str, choice: int, out: list[Event]) -> None:
        """Readable reasoning."""
        if not text:
            return
        self.thought.add(choice)
        if whole := self._whole(Channel("reasoning", choice), text):
            out.append(ReasoningDelta(text=whole, choice=choice))

    def flush(self) -> list[Event]:
        """Halves of characters whose other half never came."""
        out: list[Event] = []
        for channel, held in self.joiner.flush():
            if not isinstance(channel, Channel):
                continue
            choice = channel.choice
            if channel.kind == "text":
                out.append(TextDelta(text=held, choice=choice))
            elif channel.kind == "reasoning":
                out.append(ReasoningDelta(text=held, choice=choice))
            elif channel.kind == "refusal":
                out.append(RefusalDelta(text=held, choice=choice))
            else:
                out.append(CallFragment(choice=choice, index=channel.place, slot=channel.slot, arguments=held))
        return out

    def signatures(self) -> list[Event]:
        """The opaque pieces of `reasoning_details` since the last asking, without their text, for replay (E13, I31)."""
        if len(self._signatures) == self._reported_signatures:
            return []
        self._reported_signatures = len(self._signatures)
        return [MetadataReported(metadata={"reasoning_details": list(self._signatures)})]

    def _whole(self, channel: Channel, text: str) -> str:
        return self.joiner.join(channel, text) if self.joining or self.joiner.pending else text

    def _calls(self, delta: Delta, choice: int) -> list[Event]:
        out = fragments(delta.tool_calls or (), choice)
        if out:
            self.called.add(choice)
        if not self.joining and not self.joiner.pending:
            return out
        return [self._joined(event) if isinstance(event, CallFragment) else event for event in out]

    def _joined(self, event: CallFragment) -> CallFragment:
        channel = Channel("arguments", event.choice, event.index, event.slot)
        return CallFragment(
            choice=event.choice,
            index=event.index,
            slot=event.slot,
            call_id=scrub(event.call_id),
            name=scrub(event.name),
            arguments=self._whole(channel, event.arguments) if event.arguments else "",
            custom=event.custom,
            whole=event.whole,
            extra=event.extra,
        )

    def _reasoning(self, delta: Delta, choice: int, out: list[Event]) -> None:
        """One field speaks for a chunk: the remembered one, else the first that says something (E11, E12, E15)."""
        present = {name: text for name in REASONING_FIELDS if (text := getattr(delta, name)) is not None}
        said = {name: text for name, text in present.items() if text}
        if present and not self.field:
            name = next(iter(said or present))
            if said:
                self.field = name
            if name != self._reported_field:
                self._reported_field = name
                out.append(MetadataReported(metadata={"reasoning_field": name}))
        if said:
            name = self.field if self.field in said else next(iter(said))
            if any(text != said[name] for text in said.values()):
                out.append(reasoning_fields_differ.seen(detail=", ".join(said)))
            self.reasoning(said[name], choice, out)
        for detail in delta.reasoning_details or ():
            self._detail(detail, choice, out, spoken=bool(said))

    def _parts(self, parts: Sequence[Part], choice: int, out: list[Event]) -> None:
        """Typed parts, in their order (F05, E30)."""
        if not self._parted:
            self._parted = True
            out.append(content_parts.seen(detail=", ".join(part.type for part in parts)))
        for part in parts:
            if part.type == "text":
                if part.text:
                    self.text(part.text, choice, out)
                continue
            for inner in (part.thinking, part.summary, part.text):
                if isinstance(inner, str):
                    self.reasoning(inner, choice, out)
                    continue
                for piece in inner or ():
                    self.reasoning(piece.text or "", choice, out)
                    if piece.signature:
                        self._detail(Detail(type=part.type, signature=piece.signature), choice, out, spoken=True)
            if part.signature:
                self._detail(Detail(type=part.type, signature=part.signature), choice, out, spoken=True)

    def _detail(self, detail: Detail, choice: int, out: list[Event], *, spoken: bool) -> None:
        """A structured piece: its text only where no plain field said it, its payload always (E13)."""
        text = detail.text or detail.summary
        if text and not spoken:
            self.thought.add(choice)
            if whole := self._whole(Channel("reasoning", choice), text):
                kind: Literal["reasoning", "summary"] = "reasoning" if detail.text else "summary"
                out.append(ReasoningDelta(text=whole, choice=choice, kind=kind))
        payload = detail.signature or detail.data
        if not payload:
            return
        self.thought.add(choice)
        mark = (detail.type or "", detail.id or detail.index)
        first = self._signed.setdefault(choice, mark) == mark
        sort = (detail.format or "").startswith("anthropic")
        out.append(
            SignatureReported(
                choice=choice,
                key=None if first else ("reasoning_details", choice, mark[0], mark[1] or 0),
                signature=payload,
                kind="signature" if detail.signature else "redacted" if sort else "encrypted_content",
            )
        )
        members = (name for name in Detail.__struct_fields__ if name not in ("text", "summary"))
        self._signatures.append({n: value for n in members if (value := getattr(detail, n)) is not None})

    def _executed_tool(self, tool: Json, position: int, choice: int, out: list[Event]) -> None:
        """A tool that the server ran itself: announced with its input, finished with its output (D43)."""
        if not is_object(tool):
            return
        index = tool.get("index")
        index = index if isinstance(index, int) else position
        key = ("executed_tool", choice, index)
        if (choice, index) not in self._executed:
            self._executed.add((choice, index))
            name = json_word(tool.get("name") or tool.get("type"))
            out.append(ItemStarted(key=key, choice=choice, type="executed_tool", name=name, details=dict(tool)))
        if tool.get("output") is not None:
            out.append(ItemFinished(key=key, choice=choice, details=dict(tool)))

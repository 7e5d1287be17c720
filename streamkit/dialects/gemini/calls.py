"""Function calls of Gemini: whole ones, several in a frame, without ids, and streamed ones (D09, D14, D41).

Each `functionCall` part is a new call unless it continues one that said `willContinue`.
"""

from streamkit.dialects.gemini.partial import PartialArguments
from streamkit.dialects.gemini.wire import FunctionCall
from streamkit.dialects.json_text import json_text
from streamkit.dialects.keyed_calls import KeyedCalls
from streamkit.errors import ErrorInfo
from streamkit.events import ArgumentsDelta, Event, ItemFinished, Key, SignatureReported
from streamkit.evidence import Halt
from streamkit.jsontypes import JsonObject, is_object
from streamkit.limits import Limits
from streamkit.quirks.gemini import call_args_text, call_not_continued, partial_value_unplaced

__all__ = ["Calls"]


class Growing:
    """A streamed call that is not over yet."""

    __slots__ = ("arguments", "key", "name")

    def __init__(self, key: Key, name: str, depth: int) -> None:
        self.key = key
        self.name = name
        self.arguments = PartialArguments(depth)


class Calls:
    """The calls of one stream, per choice."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls = KeyedCalls()
        self._growing: dict[int, Growing] = {}

    def part(self, call: FunctionCall, choice: int, signature: str | None) -> list[Event]:
        """What one `functionCall` part means."""
        growing = self._growing.get(choice)
        if growing is not None and not call.name:
            return self._continue(growing, call, choice, signature)
        out = self.cut(choice) if growing is not None else []
        extra: JsonObject | None = {"thoughtSignature": signature} if signature else None
        name, call_id = call.name or "", call.id or ""
        if not call.will_continue and call.partial_args is None:
            arguments = self._arguments(call, out)
            return out + self._calls.whole(choice, name, call_id, arguments, extra=extra, signature=signature or "")
        growing = Growing(self._calls.begin(choice, name, call_id, extra, out), name, self._limits.depth)
        self._growing[choice] = growing
        return out + self._continue(growing, call, choice, signature)

    def cut(self, choice: int) -> list[Event]:
        """The streamed call of this choice ends here although it was to be continued."""
        growing = self._growing.pop(choice, None)
        if growing is None:
            return []
        out: list[Event] = [call_not_continued.seen(detail=growing.name)]
        text = growing.arguments.text(whole=False)
        if text:
            out.append(ArgumentsDelta(key=growing.key, choice=choice, text=text))
        out.append(ItemFinished(key=growing.key, choice=choice, status="incomplete"))
        return out

    def close(self) -> list[Event]:
        """What was held back, when the stream ends."""
        return [event for choice in tuple(self._growing) for event in self.cut(choice)]

    @staticmethod
    def _arguments(call: FunctionCall, out: list[Event]) -> str:
        if call.args is None:
            return "{}"
        if isinstance(call.args, str):
            out.append(call_args_text.seen(detail=call.name or ""))
            return call.args
        return json_text(call.args)

    def _continue(self, growing: Growing, call: FunctionCall, choice: int, signature: str | None) -> list[Event]:
        out: list[Event] = []
        if signature:
            out.append(SignatureReported(key=growing.key, choice=choice, signature=signature))
        arguments = growing.arguments
        if is_object(call.args):
            arguments.update(call.args)
        lost = [piece for piece in call.partial_args or () if not arguments.add(piece)]
        out += [partial_value_unplaced.seen(detail=piece.json_path, data=piece.string_value) for piece in lost]
        if arguments.size > self._limits.arguments:
            out.append(self._too_large(arguments.size))
        if not call.will_continue:
            del self._growing[choice]
            out.append(ArgumentsDelta(key=growing.key, choice=choice, text=arguments.text(whole=True)))
            out.append(ItemFinished(key=growing.key, choice=choice))
        return out

    def _too_large(self, size: int) -> Event:
        bound = self._limits.arguments
        message = f"a call's arguments exceed limits.arguments ({bound}): {size} characters seen; raise that limit"
        return Halt(error=ErrorInfo(kind="limit", code="limit_exceeded", limit="arguments", size=size, message=message))

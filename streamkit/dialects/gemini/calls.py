"""Function calls of Gemini: whole ones, several in a frame, without ids, and streamed ones (D09, D14, D41).

Each `functionCall` part is a new call unless it continues one that said `willContinue`: the one of the same id, or
without an id the last one.
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

NOTHING = FunctionCall()
"""How Google writes the end of a streamed call."""


class Growing:
    """A streamed call that is not over yet."""

    __slots__ = ("arguments", "call_id", "key", "name")

    def __init__(self, key: Key, call: FunctionCall, depth: int) -> None:
        self.key = key
        self.name = call.name or ""
        self.call_id = call.id or ""
        self.arguments = PartialArguments(depth)


class Calls:
    """The calls of one stream, per choice."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._calls = KeyedCalls()
        self._growing: dict[int, dict[str, Growing]] = {}
        """By choice and id. One without an id grows alone; those with ids may grow beside each other."""
        self._called: set[int] = set()
        """Choices that had a call."""

    def part(self, call: FunctionCall, choice: int, signature: str | None) -> list[Event]:
        """What one `functionCall` part means."""
        growing = self._continued(call, choice)
        if growing is not None:
            return self._continue(growing, call, choice, signature)
        if choice in self._called and call == NOTHING and not signature:
            return []  # the end of a call that is over
        self._called.add(choice)
        out = [] if call.id and "" not in self._growing.get(choice, {}) else self.cut(choice)
        extra: JsonObject | None = {"thoughtSignature": signature} if signature else None
        name, call_id = call.name or "", call.id or ""
        if not call.will_continue and call.partial_args is None:
            arguments = self._arguments(call, out)
            return out + self._calls.whole(choice, name, call_id, arguments, extra=extra, signature=signature or "")
        growing = Growing(self._calls.begin(choice, name, call_id, extra, out), call, self._limits.depth)
        self._growing.setdefault(choice, {})[call_id] = growing
        return out + self._continue(growing, call, choice, signature)

    def _continued(self, call: FunctionCall, choice: int) -> Growing | None:
        """The call that this part continues; None where it begins one."""
        growing = self._growing.get(choice)
        if not growing:
            return None
        if call.id and call.id in growing:
            return growing[call.id]
        last = next(reversed(growing.values()))
        return None if call.name or (call.id and last.call_id) else last

    def cut(self, choice: int) -> list[Event]:
        """The streamed calls of this choice end here although they were to be continued."""
        growing = self._growing.pop(choice, None)
        if not growing:
            return []
        out: list[Event] = []
        for each in growing.values():
            out.append(call_not_continued.seen(detail=each.name))
            text = each.arguments.text(whole=False)
            if text:
                out.append(ArgumentsDelta(key=each.key, choice=choice, text=text))
            out.append(ItemFinished(key=each.key, choice=choice, status="incomplete"))
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
            del self._growing[choice][growing.call_id]
            out.append(ArgumentsDelta(key=growing.key, choice=choice, text=arguments.text(whole=True)))
            out.append(ItemFinished(key=growing.key, choice=choice))
        return out

    def _too_large(self, size: int) -> Event:
        bound = self._limits.arguments
        message = f"a call's arguments exceed limits.arguments ({bound}): {size} characters seen; raise that limit"
        return Halt(error=ErrorInfo(kind="limit", code="limit_exceeded", limit="arguments", size=size, message=message))

"""One verdict on every call: it may be run, or it must not be (`ToolCallReady`, `ToolCallDropped`).

A call whose arguments are a JSON object when its item ends is ready at once. All others wait for the finish reason,
which tells a slip of the model (repaired in named stages) from a cut (never repaired).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import islice

from msgspec.structs import replace

from streamkit.events import (
    ArgumentsDelta,
    Event,
    ItemFinished,
    ItemStarted,
    PartReplaced,
    ResponseFinished,
    ResponseStarted,
    ToolCallDropped,
    ToolCallReady,
)
from streamkit.items import CallState, ToolCall, is_client_call
from streamkit.jsontypes import Json, is_object
from streamkit.limits import DEFAULT_LIMITS, Limits
from streamkit.quirks.tool_arguments import (
    parallel_wrapper,
    tool_args_split,
    tool_args_suspect,
    tool_call_dropped,
    tool_nameless,
)
from streamkit.quirks.tools import tool_id_duplicate
from streamkit.routing import Lane
from streamkit.stages.arguments import objects_in, parse_strictly
from streamkit.stages.call_ids import FINAL_CALL_ID, FINAL_NAME, CallIds
from streamkit.stages.call_names import clean_name, wrapped_calls
from streamkit.stages.call_verdicts import SUSPECT, Finish, Tally, TrackedCall, compact, corrected, settle, weighed

__all__ = ["ToolCalls"]

CUT = ("incomplete", "failed", "cancelled")


class ToolCalls:
    """Gives each call of the client its verdict; stands behind the ledger and relies on its grammar.

    Args:
        limits: `depth` bounds the nesting of arguments.
        tools: names of the tools that were offered, if known: names with leaked tokens are cleaned by them (D36).
    """

    handles = (ResponseStarted, ItemStarted, ArgumentsDelta, PartReplaced, ItemFinished, ResponseFinished)

    def __init__(self, limits: Limits = DEFAULT_LIMITS, tools: Collection[str] | None = None) -> None:
        self._limits = limits
        self._tools = tools
        self._ids = CallIds()
        self._number = 0
        self._spoken: dict[int, int] = {}
        """Per choice, the number of its latest message."""
        self._open: dict[str, TrackedCall] = {}
        self._blank: dict[str, TrackedCall] = {}
        """The open calls that have no text yet."""
        self._writers: dict[str, Callable[[str], int]] = {}
        self._hot_id: str | None = None
        """The item of the last piece, while its writer stays the same."""
        self._hot_write: Callable[[str], int] = len
        self._held: list[TrackedCall] = []
        self._tallies: dict[int, Tally] = {}

    def _arguments(self, event: ArgumentsDelta) -> None:
        if event.item_id is self._hot_id:
            self._hot_write(event.text)
            return
        write = self._writers.get(event.item_id)
        if write is not None:
            write(event.text)
            self._hot_id, self._hot_write = event.item_id, self._writers[event.item_id]

    def _first_piece(self, call: TrackedCall, text: str) -> int:
        if text:
            self._blank.pop(call.item_id, None)
            self._writers[call.item_id] = call.buffer.write
        return call.buffer.write(text)

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, and the verdicts that it makes possible."""
        if isinstance(event, ArgumentsDelta):
            self._arguments(event)
            return (event,)
        self._hot_id = None
        handle = self._seldom.get(event.__class__)
        return (event,) if handle is None else handle(self, event)

    def close(self) -> Iterable[Event]:
        """Calls that still wait were cut: nothing says that the answer is whole."""
        return self._settle_held(lambda _: Finish("truncated", ""))

    def _response_started(self, event: ResponseStarted) -> Iterable[Event]:
        self._ids.response_id = event.response_id
        return (event,)

    def _item_started(self, event: ItemStarted) -> Iterable[Event]:
        self._number += 1
        if event.type == "message":
            self._spoken[event.choice] = self._number
        if not is_client_call(event.type):
            return (event,)
        call = TrackedCall(event, self._number)
        self._open[event.item_id] = call
        self._blank[event.item_id] = call
        self._writers[event.item_id] = partial(self._first_piece, call)
        name, quirk = clean_name(event.name, self._tools)
        if quirk is None:
            return (event,)
        call.name = call.started_name = name
        if name != event.name:
            event = replace(event, name=name, details={**event.details, "name_raw": event.name})
        return (event, quirk.seen(item_id=event.item_id, detail=call.announced))

    def _part_replaced(self, event: PartReplaced) -> Iterable[Event]:
        call = self._open.get(event.item_id)
        if call is not None and event.kind == "arguments":
            self._blank.pop(event.item_id, None)
            self._writers[event.item_id] = call.rewrite(event.text)
        return (event,)

    def _item_finished(self, event: ItemFinished) -> Iterable[Event]:
        call = self._open.pop(event.item_id, None)
        if call is None:
            return (event,)
        del self._writers[event.item_id]
        self._blank.pop(event.item_id, None)
        out: list[Event] = []
        event = self._identified(call, event, out)
        call.cut = event.status in CUT
        if call.cut:
            self._held.append(call)
        elif not call.name:
            out += (event, tool_nameless.seen(item_id=call.item_id, detail=call.raw))
            return out + self._verdict(call, "invalid", reason="nameless")
        elif call.custom:
            return [*out, event, *self._verdict(call, "complete")]
        else:
            whole, value = parse_strictly(call.raw, limits=self._limits)
            if not whole:
                value = self._split(call, out)
            if is_object(value):
                uses = wrapped_calls(call.name, value, self._tools, self._limits)
                if uses:
                    return out + self._unwrap(call, event, uses)
                state: CallState = "repaired" if call.split else "complete"
                return [*out, event, *self._verdict(call, state, value, "split" if call.split else "")]
            self._held.append(call)
        out.append(event)
        return out

    def _identified(self, call: TrackedCall, event: ItemFinished, out: list[Event]) -> ItemFinished:
        """The item's end with the final name and id of its call (B12, D02, D09, D11)."""
        details = event.details
        name = event.name or details.get(FINAL_NAME, "")
        call_id = event.call_id or details.get(FINAL_CALL_ID, "")
        if name:
            call.announced = name
            call.name, quirk = clean_name(name, self._tools)
            if quirk is not None:
                out.append(quirk.seen(item_id=call.item_id, detail=name))
        if FINAL_NAME in details or FINAL_CALL_ID in details or call.name != call.announced:
            details = {k: v for k, v in details.items() if k not in (FINAL_NAME, FINAL_CALL_ID)}
            if call.name != call.announced:
                details["name_raw"] = call.announced
        if is_object(extra := details.get("extra")):
            call.extra = extra
        if call_id:
            call.id_synthesized = False
        given = call_id or call.call_id
        if given:
            call.call_id = self._ids.take(call.choice, given)
            if call.call_id != given:
                out.append(tool_id_duplicate.seen(item_id=call.item_id, detail=f"{given!r} became {call.call_id!r}"))
        else:
            call.call_id, call.id_synthesized = self._ids.derive(call.choice, call.number, call.name), True
        final_name = call.name if call.name != call.started_name else ""
        final_id = call.call_id if call.call_id != call.started_id else ""
        if (final_name, final_id) == (event.name, event.call_id) and details is event.details:
            return event
        return replace(event, name=final_name, call_id=final_id, details=details)

    def _split(self, call: TrackedCall, out: list[Event]) -> Json:
        """Hand out objects that piled up in this call to the empty calls behind it, if they fit exactly (D05)."""
        objects = objects_in(call.raw, limits=self._limits)
        if len(objects) < 2:
            return None
        fitting = (each for each in self._blank.values() if each.choice == call.choice and not each.custom)
        empty = list(islice(fitting, len(objects)))
        if len(empty) != len(objects) - 1:
            return None
        out.append(tool_args_split.seen(item_id=call.item_id, detail=f"{len(objects)} objects"))
        text, value = objects[0]
        call.rewrite(text)
        call.split = True
        out.append(PartReplaced(item_id=call.item_id, choice=call.choice, kind="arguments", text=text))
        for each, (text, _) in zip(empty, objects[1:], strict=True):
            self._first_piece(each, text)
            each.split = True
            out.append(ArgumentsDelta(item_id=each.item_id, choice=each.choice, text=text))
        return value

    def _unwrap(self, call: TrackedCall, event: ItemFinished, uses: list[tuple[str, dict[str, Json]]]) -> list[Event]:
        """The calls in a wrapper: the first takes the wrapper's item, each other gets one of its own (D39)."""
        out: list[Event] = [parallel_wrapper.seen(item_id=call.item_id, detail=", ".join(name for name, _ in uses))]
        wrapper = call.call_id
        for number, (name, parameters) in enumerate(uses, 1):
            text = compact(parameters)
            own_id = self._ids.take(call.choice, f"{wrapper}_{number}")
            if number == 1:
                call.rewrite(text)
                call.name, call.call_id, call.id_synthesized = name, own_id, True
                out.append(PartReplaced(item_id=call.item_id, choice=call.choice, kind="arguments", text=text))
                out.append(replace(event, name=name, call_id=own_id))
                out += self._verdict(call, "repaired", parameters, "parallel-wrapper")
                continue
            started = ItemStarted(
                item_id=f"{call.item_id}_{number}",
                choice=call.choice,
                type="function_call",
                name=name,
                call_id=own_id,
                id_synthesized=True,
            )
            self._number += 1
            each = TrackedCall(started, self._number)
            each.buffer.write(text)
            out += (
                started,
                ArgumentsDelta(item_id=started.item_id, choice=call.choice, text=text),
                ItemFinished(item_id=started.item_id, choice=call.choice),
            )
            out += self._verdict(each, "repaired", parameters, "parallel-wrapper")
        return out

    def _verdict(self, call: TrackedCall, state: CallState, value: Json = None, reason: str = "") -> list[Event]:
        state, reason, notes = weighed(call, state, value, reason)
        self._tallies.setdefault(call.choice, Tally()).count(state)
        verdict = ToolCall(
            call_id=call.call_id,
            name=call.name,
            arguments=call.raw,
            input=value,
            state=state,
            kind="custom" if call.custom else "function",
            reason=reason,
            item_id=call.item_id,
            choice=call.choice,
            id_synthesized=call.id_synthesized,
            extra=call.extra,
        )
        if state in ("complete", "repaired"):
            ready = ToolCallReady(item_id=call.item_id, choice=call.choice, call=verdict)
            if not call.custom and SUSPECT.search(verdict.arguments):
                notes.append(tool_args_suspect.seen(item_id=call.item_id, detail=verdict.arguments))
            return [*notes, ready]
        return [
            *notes,
            tool_call_dropped.seen(item_id=call.item_id, detail=f"{call.name}: {state}, {reason}"),
            ToolCallDropped(item_id=call.item_id, choice=call.choice, call=verdict),
        ]

    def _response_finished(self, event: ResponseFinished) -> Iterable[Event]:
        if not self._held and not self._tallies:
            return (event,)
        finishes = {choice: Finish(reason, raw) for choice, reason, raw in event.finishes}
        whole = Finish(event.finish_reason, event.raw_finish_reason, cut=event.status != "completed")
        out = self._settle_held(lambda choice: finishes.get(choice, whole))
        event, quirks = corrected(event, self._tallies)
        return [*out, *quirks, event]

    def _settle_held(self, finish_of: Callable[[int], Finish]) -> list[Event]:
        out: list[Event] = []
        for call in sorted(self._held, key=lambda call: call.number):
            abandonable = self._spoken.get(call.choice, 0) > call.number
            finish, followed = finish_of(call.choice), self._number > call.number
            verdict, quirk = settle(call, finish, self._limits, spoken_after=abandonable, followed=followed)
            if quirk is not None:
                out.append(quirk)
            out += self._verdict(call, verdict.state, verdict.input, verdict.reason)
        self._held = []
        return out

    lanes: Mapping[type, Lane] = {ArgumentsDelta: _arguments}
    """The class that comes by the thousand."""
    _seldom: Mapping[type, Callable[..., Iterable[Event]]] = {
        ResponseStarted: _response_started,
        ItemStarted: _item_started,
        PartReplaced: _part_replaced,
        ItemFinished: _item_finished,
        ResponseFinished: _response_finished,
    }

"""Stages and how they are chained. No I/O, no clock, no task: bytes or events go in, events come out.

Which stages an item visits is looked up by its class (`routing`): it passes by all others without a call.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast, overload, runtime_checkable

from streamkit.errors import ClosedPipeline, ErrorInfo, UsageError
from streamkit.events import Event
from streamkit.evidence import Halt, Handover, Rerouted
from streamkit.routing import class_of, routes_after, routes_through

__all__ = ["AsyncStage", "Pipeline", "Pulsed", "Stage", "Timed"]

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)
Item = TypeVar("Item")
Out = TypeVar("Out")
Next = TypeVar("Next")


PLAIN = (tuple, list)
"""What can be looked into without using it up."""


class Stage(Protocol[In_contra, Out_co]):
    """One step: takes an item, gives what comes out now; gives what it held back when it is closed.

    A stage passes on what it has no business with, reads no clock, draws no random number, writes no log, and never
    raises because of what came over the wire. It may declare `handles`, a tuple of the classes it wants to see, and
    `lanes`, a mapping from exact classes to functions that are called in place of `feed`, with the stage itself before
    the item; a lane that gives None lets its item go on (a `feed` that does so drops it), and it may give one event
    without a tuple around it. Neither is altered: a stage that wants another one takes that in its place, and sends a
    `Rerouted` notice.
    """

    def feed(self, item: In_contra, /) -> Iterable[Out_co]:
        """What comes out for this item. The iterable is consumed before the next `feed`."""
        ...

    def close(self) -> Iterable[Out_co]:
        """What was held back. Called once, at the end, whatever ended the stream."""
        ...


@runtime_checkable
class Timed(Protocol[Out_co]):
    """A stage that wants to be woken."""

    def deadline(self) -> float | None:
        """When to call `expire`: seconds on the clock given at the start; None for never."""
        ...

    def expire(self, now: float, /) -> Out_co | None:
        """The farewell event, or None for a harmless end."""
        ...


@runtime_checkable
class Pulsed(Protocol):
    """A stage that wants to know of every read, whether or not it completes a frame."""

    def start(self, clock: Callable[[], float], /) -> None:
        """The stream was opened; `clock` gives seconds."""
        ...

    def pulse(self, when: float, /) -> None:
        """Bytes arrived, at this time on the clock."""
        ...


AsyncStage = Callable[[AsyncIterator[Event]], AsyncIterator[Event]]
"""A plain async generator function from events to events; may stand anywhere among the event stages."""


class Pipeline(Generic[Item, Out]):
    """A chain of stages, itself a stage. Nested pipelines are laid flat.

    `a | b` appends a stage; type checkers refuse a stage that does not fit.
    """

    @overload
    def __init__(self, first: Stage[Item, Out], /) -> None: ...
    @overload
    def __init__(self, first: Stage[Item, Next], second: Stage[Next, Out], /) -> None: ...
    @overload
    def __init__(self, *stages: Any) -> None: ...
    def __init__(self, *stages: Any) -> None:
        flat: list[Any] = []
        for stage in stages:
            flat += stage.stages if isinstance(stage, Pipeline) else (stage,)
        self.stages: list[Any] = flat
        self.halted: ErrorInfo | None = None
        self.rescued: list[Out] = []
        """What had come out when a stage failed, from the call of `feed`, `close` or `end` that raised."""
        self._failure: Exception | None = None
        self._mute = False
        self._closed = False
        self._takers: list[Any] = [*flat, self]
        """Who takes items: the stages, and for notices the pipeline itself."""
        self._routes = routes_through(flat)
        self._tables = self._routes.tables

    def __or__(self, stage: Stage[Out, Next]) -> "Pipeline[Item, Next]":
        """This pipeline with one more stage (or pipeline) behind it."""
        return Pipeline(*self.stages, stage)

    def __repr__(self) -> str:
        names = (getattr(stage, "__name__", None) or type(stage).__name__ for stage in self.stages)
        return f"<{' | '.join(names)}>"

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def timed(self) -> list[Timed[Event]]:
        """The stages that want to be woken."""
        return [stage for stage in self.stages if hasattr(stage, "deadline") and hasattr(stage, "expire")]

    @property
    def pulsed(self) -> list[Pulsed]:
        """The stages that want to know of every read."""
        return [stage for stage in self.stages if hasattr(stage, "pulse") and hasattr(stage, "start")]

    def feed(self, item: Any, /) -> list[Out]:
        """What comes out of the whole chain for this item.

        Raises:
            ClosedPipeline: it was closed before.
            UsageError: an async stage stands in the chain; only `open_stream` can drive that.
        """
        if self._closed:
            raise ClosedPipeline("this pipeline was closed; make a new one for each stream")
        takers = self._takers
        table = self._tables[0]
        chain = table.get(class_of(item), False)
        if chain is False:
            chain = self._routes.of_item(0, class_of(item))
        while chain is not None:
            lane, at, table, chain = chain
            result = lane(takers[at], item)
            if result is None:
                continue
            try:
                chain = table[class_of(result)]
            except KeyError:
                chain = self._routes.of_result(at + 1, class_of(result))
            if chain is not False:
                item = result
            elif class_of(result) in PLAIN and len(result) == 1:
                (item,) = result
                chain = table.get(class_of(item), False)
                if chain is False:
                    chain = self._routes.of_item(at + 1, class_of(item))
            else:
                return self._spread(result, at + 1)
        return [item]

    def _spread(self, items: Iterable[Any], position: int) -> list[Out]:
        """What comes out for several items that a stage gave out at once."""
        out: list[Out] = []
        try:
            self._push_all(items, position, out)
        except Exception:
            self.rescued = out
            raise
        return out

    def close(self) -> list[Out]:
        """Flush every stage, in order; raises what a stage raised, once all are closed."""
        return self._given_out(self._flush(len(self.stages)))

    def end(self, farewell: Callable[[ErrorInfo | None], Event]) -> list[Out]:
        """Flush every stage but the last, send the farewell event into the last one, close that.

        `farewell` makes the event; it gets the reason for which a stage halted the stream, if one did. What a stage
        raises is raised once all are closed.
        """
        last = len(self.stages) - 1
        out = self._flush(last)
        self._push(farewell(self.halted), last, out)
        for item in self.stages[last].close():
            self._push(item, last + 1, out)
        return self._given_out(out)

    def _given_out(self, out: list[Out]) -> list[Out]:
        failure, self._failure = self._failure, None
        if failure is None:
            return out
        self.rescued = out
        raise failure

    def mute(self) -> None:
        """A stage failed: closing still closes every stage, and lets nothing of what they held back through."""
        self._mute = True

    def _flush(self, until: int) -> list[Out]:
        if self._closed:
            return []
        self._closed = True
        out: list[Out] = []
        for at in range(until):
            stage = self.stages[at]
            if self.halted is not None and getattr(stage, "handles", None) == (bytes,):
                continue  # input that was left over says nothing
            for item in self._held_back(stage):
                if self._mute:  # a stage that failed once is asked nothing more
                    continue
                try:
                    self._push(item, at + 1, out)
                except Exception as failure:  # noqa: BLE001 - raised once all stages are closed
                    self._mute, self._failure = True, self._failure or failure
        return out

    def _held_back(self, stage: Any) -> Iterable[Any]:
        try:
            held = stage.close() or ()  # a stage that holds nothing back may well give None
        except Exception as failure:  # noqa: BLE001 - raised once all stages are closed
            self._failure = self._failure or failure
            return ()
        return held if class_of(held) in PLAIN else self._one_by_one(held)

    def _one_by_one(self, held: Iterable[Any]) -> Iterator[Any]:
        try:
            yield from held
        except Exception as failure:  # noqa: BLE001 - raised once all stages are closed
            self._failure = self._failure or failure

    def _push(self, item: Any, position: int, out: list[Out]) -> None:
        # the walk of `feed` once more, into a list: one walk for both would cost every event a further call
        takers = self._takers
        chain = self._tables[position].get(class_of(item), False)
        if chain is False:
            chain = self._routes.of_item(position, class_of(item))
        while chain is not None:
            lane, at, table, chain = chain
            result = lane(takers[at], item)
            if result is None:
                continue
            try:
                chain = table[class_of(result)]
            except KeyError:
                chain = self._routes.of_result(at + 1, class_of(result))
            if chain is not False:
                item = result
            elif class_of(result) in PLAIN and len(result) == 1:
                (item,) = result
                chain = table.get(class_of(item), False)
                if chain is False:
                    chain = self._routes.of_item(at + 1, class_of(item))
            else:
                self._push_all(result, at + 1, out)
                return
        out.append(item)

    def _push_all(self, items: Iterable[Any], position: int, out: list[Out]) -> None:
        for item in items:
            self._push(item, position, out)
            if self.halted is not None and not self._closed and self._routes.behind_reader[position]:
                break  # what stands behind is not read, in however large chunks it came; other stages tell ends

    def take_notice(self, notice: Halt | Handover | Rerouted) -> Iterable[Any]:
        """What a stage has to say to its pipeline."""
        if isinstance(notice, Halt):
            self.halted = self.halted or notice.error
            return ()
        old, new = (notice.old, notice.new) if isinstance(notice, Handover) else (notice.stage, notice.stage)
        if old is None:
            self._routes = routes_through(self.stages)
        for at, stage in enumerate(self.stages):
            if stage is old:
                self.stages[at] = self._takers[at] = new
                self._routes = routes_after(self._routes, at, new)
        self._tables = self._routes.tables
        return ()

    def segments(self) -> "list[Pipeline[Any, Any] | AsyncStage]":
        """The chain cut at its async stages: pipelines of push stages, and the async stages between them.

        Raises:
            UsageError: a stage is neither a push stage nor callable.
        """
        out: list[Pipeline[Any, Any] | AsyncStage] = []
        run: list[Any] = []
        for stage in self.stages:
            if hasattr(stage, "feed"):
                run.append(stage)
            elif callable(stage):
                out += (Pipeline(*run), cast("AsyncStage", stage))
                run = []
            else:
                raise UsageError(f"{stage!r} is no stage: it has no feed() and cannot be called")
        out.append(Pipeline(*run) if out else self)
        return out

"""An answer that came in the reasoning channel becomes text, where a profile says that it does so (E21)."""

import re
from collections.abc import Iterable

from streamkit.events import (
    Event,
    ItemEvent,
    ItemFinished,
    ItemStarted,
    LogprobsAdded,
    PartReplaced,
    ReasoningDelta,
    ResponseFinished,
    TextDelta,
)
from streamkit.quirks.options import promoted_reasoning

__all__ = ["AnswerInReasoning"]

WRAPPED = re.compile(r"<response>(.*?)(?:</response>|\Z)", re.DOTALL)


class AnswerInReasoning:
    """Moves reasoning into the text where the answer ended well and nothing else came (E21).

    Of a `<response>` wrapper its content is the answer, else the whole reasoning is. The ends of reasoning items are
    held back until the answer's end, so that what is moved can be taken out of them. One of the user's stages: it
    stands where the grammar holds already.
    """

    handles: tuple[type[Event], ...] = (ItemEvent, ResponseFinished)

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._parts: dict[str, tuple[str, int]] = {}
        self._held: list[ItemFinished] = []
        self._spoken = False

    def feed(self, event: Event) -> Iterable[Event]:
        """The event, or what was held back before it."""
        if isinstance(event, ReasoningDelta) and not event.choice:
            self._texts.setdefault(event.item_id, []).append(event.text)
            self._parts[event.item_id] = (event.kind, event.index)
        elif isinstance(event, ItemFinished) and event.item_id in self._texts and not self._spoken:
            self._held.append(event)
            return ()
        elif (isinstance(event, ItemEvent) and not isinstance(event, ItemStarted | ItemFinished | LogprobsAdded)) or (
            isinstance(event, ItemStarted) and event.type not in ("reasoning", "message")
        ):
            self._spoken = True
            return (*self.close(), event)
        elif isinstance(event, ResponseFinished):
            moved = self._moved() if event.finish_reason == "stop" and not self._spoken else []
            return (*moved, *self.close(), event)
        return (event,)

    def close(self) -> list[Event]:
        """The ends that were held back."""
        held: list[Event] = list(self._held)
        self._held.clear()
        return held

    def _moved(self) -> list[Event]:
        texts = {item_id: "".join(pieces) for item_id, pieces in self._texts.items()}
        wrapped = next((item_id for item_id, text in texts.items() if WRAPPED.search(text)), None)
        chosen = [wrapped] if wrapped is not None else [item_id for item_id, text in texts.items() if text]
        held = {event.item_id for event in self._held}
        if not chosen or not set(chosen) <= held:
            return []
        out: list[Event] = []
        answer: list[str] = []
        for item_id in chosen:
            text = texts[item_id]
            match = WRAPPED.search(text)
            answer.append(match[1] if match else text)
            rest = text[: match.start()] + text[match.end() :] if match else ""
            kind, index = self._parts[item_id]
            out.append(PartReplaced(item_id=item_id, kind=kind, index=index, text=rest))  # type: ignore[arg-type]  # a kind of part
        own = f"{chosen[-1]}_answer"
        out.append(promoted_reasoning.seen(item_id=own))
        out += (
            ItemStarted(item_id=own, type="message"),
            TextDelta(item_id=own, text="".join(answer)),
            ItemFinished(item_id=own),
        )
        return out

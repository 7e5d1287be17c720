"""What leaked elsewhere than into visible text, told when the answer ends.

Messages that are a call without any marker (`to=functions.…`, D35), and a model's own markup inside reasoning (D34).
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from streamkit.events import QuirkSeen
from streamkit.evidence import FinishClaimed
from streamkit.items import is_client_call
from streamkit.quirks.leaks import leaked_tool_markup, markup_in_reasoning
from streamkit.stages.leak_scan import LeakScanner
from streamkit.stages.register import Entry

__all__ = ["leaked_messages", "reasoned_calls"]

BARE_CALL = re.compile(r"\s*+(?:assistant)?\s*+(?:commentary|analysis)?\s*+to=(?:functions\.|multi_tool_use\.)\w")
HEAD = 120
"""Characters of a message that are looked at."""


def leaked_messages(entries: Iterable[Entry], claims: dict[int, FinishClaimed]) -> Iterator[QuirkSeen]:
    """The quirks of such messages; a choice that ends with one and has no call in the proper form is not whole."""
    entries = list(entries)
    called = {entry.choice for entry in entries if is_client_call(entry.type)}
    for entry in entries:
        buffer = entry.parts.get(("text", 0)) if entry.type == "message" else None
        if buffer is None:
            continue
        text = buffer.getvalue()  # which costs nothing, where to read its beginning would make it four times as large
        head = text[:HEAD]
        if not BARE_CALL.match(head):
            continue
        yield leaked_tool_markup.seen(
            item_id=entry.id, detail=f"harmony: {head}", data={"family": "harmony", "raw": text}
        )
        claim = claims.get(entry.choice)
        if claim is not None and claim.finish_reason == "stop" and entry.choice not in called:
            claims[entry.choice] = replace(claim, finish_reason="truncated", status="incomplete")


def reasoned_calls(entries: Iterable[Entry]) -> Iterator[QuirkSeen]:
    """The quirks of calls that a model wrote into its reasoning: they stay there, nothing is called (D34)."""
    for entry in entries:
        for (kind, _), buffer in entry.parts.items():
            if kind not in ("reasoning", "summary") or "<" not in (text := buffer.getvalue()):
                continue
            for shred in LeakScanner().feed(text, final=True):
                if shred.channel == "leak":
                    data = {"family": shred.family, "raw": shred.text}
                    detail = f"{shred.family}: {shred.text}"
                    yield markup_in_reasoning.seen(item_id=entry.id, detail=detail, data=data)

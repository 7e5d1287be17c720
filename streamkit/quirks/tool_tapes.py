"""Where the call fragments of a healthy chat recording stand: the ground that faults in calls are planted on."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from streamkit.jsontypes import JsonObject, is_array, is_object
from streamkit.quirks.tape import Edit, Tape, TapeFrame

__all__ = ["Piece", "finishing", "pieces", "rewritten", "runs", "single_runs"]


class Piece(msgspec.Struct):
    """A frame with exactly one call fragment of choice 0, in full: payload, call and function are fresh copies."""

    frame: TapeFrame
    payload: JsonObject
    call: JsonObject
    function: JsonObject

    @property
    def text(self) -> str:
        """The argument text of this fragment."""
        return str(self.function.get("arguments") or "")

    def copied(self) -> JsonObject:
        """One more copy of the payload."""
        copy: JsonObject = msgspec.json.decode(self.frame.data)
        return copy


def pieces(tape: Tape) -> list[Piece]:
    """All call fragments of a recording; none where a frame with calls holds several, or one without an index."""
    found: list[Piece] = []
    for frame in tape.frames:
        payload = frame.json
        choices = payload.get("choices") if is_object(payload) else None
        if not is_array(choices) or not choices or not is_object(choices[0]):
            continue
        delta = choices[0].get("delta")
        calls = delta.get("tool_calls") if is_object(delta) else None
        if not calls:
            continue
        call = calls[0] if is_array(calls) and len(calls) == 1 and len(choices) == 1 else None
        function = call.get("function") if is_object(call) else None
        if not is_object(payload) or not is_object(call) or not is_object(function) or choices[0].get("index"):
            return []
        if not isinstance(call.get("index"), int) or not isinstance(function.get("arguments") or "", str):
            return []
        found.append(Piece(frame, payload, call, function))
    return found


def runs(tape: Tape) -> list[list[Piece]]:
    """The fragments, call by call, each with id and name in its first fragment only; none where calls interleave."""
    calls: list[list[Piece]] = []
    seen: set[object] = set()
    for piece in pieces(tape):
        index = piece.call["index"]
        if index not in seen:
            if not piece.call.get("id") or not piece.function.get("name"):
                return []
            seen.add(index)
            calls.append([piece])
        elif calls[-1][0].call["index"] != index or piece.call.get("id") or piece.function.get("name"):
            return []
        else:
            calls[-1].append(piece)
    return calls


def single_runs(tape: Tape) -> list[Piece]:
    """The fragments of a recording with exactly one call, else none."""
    calls = runs(tape)
    return calls[0] if len(calls) == 1 else []


def rewritten(tape: Tape, found: Sequence[Piece], change: Callable[[Piece], None], note: str = "") -> Iterator[Edit]:
    """One edit that rewrites all of these frames, and leaves the frames between them as they are."""
    if not found:
        return
    out: list[bytes] = []
    at = found[0].frame.start
    for piece in found:
        out.append(tape.data[at : piece.frame.start])
        change(piece)
        out.append(tape.encode(piece.payload, piece.frame.event))
        at = piece.frame.end
    yield Edit(found[0].frame.start, at, b"".join(out), note)


def finishing(tape: Tape, reason: str) -> Iterator[tuple[TapeFrame, JsonObject]]:
    """The frames that say this finish reason, with a fresh payload each."""
    for frame in tape.frames:
        payload = frame.json
        choices = payload.get("choices") if is_object(payload) else None
        choice = choices[0] if is_array(choices) and len(choices) == 1 else None
        if is_object(payload) and is_object(choice) and choice.get("finish_reason") == reason:
            yield frame, payload

"""Hypothesis strategies: answers, their wires, damaged wires, and the weather that they travel through.

```python
@given(quirky("chat"))
def test_my_client_survives(answer):
    with PlaybackServer() as server:
        server.play(answer)
        reply = my_client(server.url)
    assert reply.text == answer.expected.get("text", reply.text)
```

Everything shrinks to the least that still fails: short answers, one piece a text, no damage, one chunk.
"""

import json
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import assume
from hypothesis import strategies as st

from streamkit.events import Event
from streamkit.items import Usage
from streamkit.response import Response
from streamkit.sync import assemble, iter_events
from streamkit.testing.encoders.writing import Style
from streamkit.testing.quirky import Planted, Quirky, places, planted, quirks_of
from streamkit.testing.transcripts import Ability, Call, Finish, Message, Output, Reasoning, Refusal, Transcript
from streamkit.testing.wires import DIALECTS, Wire, ability_of, wire

__all__ = ["chunkings", "cuts", "events", "pauses", "quirky", "responses", "transcripts", "wires"]

WORDS = ("a", " b", "\n", "é", "🙂", "<", "</", "{", '"', "\\", "data: ", "\r\n\n", "[DONE]", "\u2028", "0", "مرحبا")
"""Pieces of text that have broken readers."""
NAMES = ("look", "get_weather", "run-it", "n0")
KEYS = ("a", "city", "q", "ключ")
LETTERS = st.characters(exclude_categories=["Cs"])

_text = st.sampled_from(WORDS) | st.text(LETTERS, min_size=1, max_size=8)
_pieces = st.lists(_text, min_size=1, max_size=4).map(tuple)
_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _text | st.sampled_from((0.5, -1.25))
_values = _scalars | st.lists(_scalars, max_size=2) | st.dictionaries(st.sampled_from(KEYS), _scalars, max_size=2)
_inputs = st.dictionaries(st.sampled_from(KEYS), _values, max_size=2)
_styles = st.builds(Style, escaped=st.booleans(), spaced=st.booleans(), newline=st.sampled_from(("\n", "\r\n")))
_usages = st.tuples(st.integers(1, 900), st.integers(1, 900), st.integers(0, 900), st.integers(0, 900)).map(
    lambda counts: Usage(
        input_tokens=counts[0],
        output_tokens=counts[1],
        total_tokens=counts[0] + counts[1],
        cached_tokens=min(counts[0], counts[2]),
        reasoning_tokens=min(counts[1], counts[3]),
    )
)


@st.composite
def _arguments(draw: st.DrawFn) -> tuple[str, ...]:
    """The JSON text of some arguments, in pieces."""
    text = json.dumps(draw(_inputs), ensure_ascii=draw(st.booleans()))
    at = draw(st.lists(st.integers(1, max(1, len(text) - 1)), max_size=3, unique=True).map(sorted))
    bounds = [0, *(cut for cut in at if cut < len(text)), len(text)]
    return tuple(text[start:end] for start, end in pairwise(bounds))


_calls = st.builds(Call, call_id=st.just(""), name=st.sampled_from(NAMES), pieces=_arguments())
_logprobs = st.sampled_from((0.0, -0.5, -1.5e-7, -9999.0))
_messages = st.builds(Message, _pieces)


def _reasoning(ability: Ability) -> st.SearchStrategy[Reasoning]:
    signatures = st.sampled_from(("", "c2lnbmVk")) if ability.signatures else st.just("")
    return st.builds(Reasoning, _pieces, signatures)


@st.composite
def transcripts(draw: st.DrawFn, ability: Ability | None = None) -> Transcript:
    """Answers as such: text, reasoning, parallel tool calls, refusals, log probabilities, usage, why they stopped.

    Args:
        draw: given by hypothesis.
        ability: what the dialect can say that they are for; by default what the Responses dialect can.
    """
    ability = ability or ability_of("responses")
    output = draw(_outputs(ability))
    asked = bool(ability.logprobs) and draw(st.booleans())
    numbered: list[Output] = []
    calls = 0
    for part in output:
        if isinstance(part, Call):
            calls += 1
            numbered.append(Call(f"call_{calls}", part.name, part.pieces))
        elif asked and isinstance(part, Message | Refusal) and part.kind in ability.logprobs:
            numbered.append(type(part)(part.pieces, tuple(draw(_logprobs) for _ in part.pieces)))
        else:
            numbered.append(part)
    return Transcript(
        response_id=draw(st.sampled_from(("r1", "resp_0a9"))),
        model=draw(st.sampled_from(("m1", "some/model-2.5:free"))),
        output=tuple(numbered),
        finish=draw(_finishes(numbered, ability)),
        usage=draw(st.none() | _usages),
    )


def _outputs(ability: Ability) -> st.SearchStrategy[list[Output]]:
    reasoning = _reasoning(ability)
    if ability.ordered:
        answers: st.SearchStrategy[list[Output]] = st.lists(
            st.one_of(_messages, _calls, reasoning) if ability.reasoning else st.one_of(_messages, _calls), max_size=4
        )
    else:
        answers = st.tuples(
            st.lists(reasoning, max_size=1) if ability.reasoning else st.just([]),
            st.lists(_messages, max_size=1),
            st.lists(_calls, max_size=3),
        ).map(lambda parts: [output for part in parts for output in part])
    if not ability.refusals:
        return answers
    refused: st.SearchStrategy[list[Output]] = st.builds(Refusal, _pieces).map(lambda refusal: [refusal])
    return st.one_of(answers, answers, answers, refused)


def _finishes(output: list[Output], ability: Ability) -> st.SearchStrategy[Finish]:
    if any(isinstance(part, Refusal) for part in output):
        return st.just("refusal")
    if not any(isinstance(part, Call) for part in output):
        return st.sampled_from(ability.finishes)
    if ability.cut_calls and isinstance(output[-1], Message) and "length" in ability.finishes:
        return st.sampled_from(("tool_calls", "length"))
    return st.just("tool_calls")


def wires(dialect: str | None = None) -> st.SearchStrategy[Wire]:
    """Healthy answers on the wire of a dialect (of any, where none is named).

    Raises:
        UnknownDialect: transcripts cannot be written in it; `streamkit.testing.wires.DIALECTS` names those that can.
    """
    if dialect is None:
        return st.sampled_from(DIALECTS).flatmap(wires)
    ability = ability_of(dialect)
    return st.builds(wire, transcripts(ability), st.just(dialect), _styles)


@st.composite
def quirky(
    draw: st.DrawFn,
    dialect: str | None = None,
    quirks: Iterable[str] | None = None,
    *,
    least: int = 0,
    most: int = 1,
    known: bool = True,
) -> Quirky:
    """Wires with faults planted, and what a tolerant client must come to all the same.

    Args:
        draw: given by hypothesis.
        dialect: of which dialect; of any, where none is named.
        quirks: ids of the quirks to plant; by default all that can occur in the dialect.
        known: whether, by default, only what a server is known to send in the dialect is planted: what may be asked of
            any client.
        least: fewest faults; with 0 a client that fails on healthy answers is shown a healthy one. Answers in which
            that many cannot be planted are passed over.
        most: most faults; with more than one they may meet, and less is promised (`Quirky.expected`).
    """
    healthy = draw(wires(dialect))
    candidates = quirks_of(healthy.dialect, quirks)
    if quirks is None and known:
        candidates = tuple(quirk for quirk in candidates if quirk.known(healthy.dialect))
    assume(candidates or not least)
    count = draw(st.integers(least, most))
    faults: list[Planted] = []
    for _ in range(count if candidates else 0):
        first = draw(st.integers(0, len(candidates) - 1))
        for quirk in (*candidates[first:], *candidates[:first]):
            found = places(healthy, quirk)
            if found:
                faults.append(found[draw(st.integers(0, len(found) - 1))])
                break
    damaged = planted(healthy, faults)
    assume(len(damaged.faults) >= least)
    return damaged


def chunkings(data: bytes) -> st.SearchStrategy[list[bytes]]:
    """The same bytes in all sorts of pieces: whole, byte by byte, cut anywhere."""
    if len(data) < 2:
        return st.just([data] if data else [])

    def split(at: Iterable[int]) -> list[bytes]:
        bounds = [0, *sorted(set(at)), len(data)]
        return [data[start:end] for start, end in pairwise(bounds)]

    places_between = st.lists(st.integers(1, len(data) - 1), max_size=12).map(split)
    equal = st.integers(1, 40).map(lambda size: split(range(size, len(data), size)))
    return st.one_of(places_between, equal)


def cuts(data: bytes) -> st.SearchStrategy[bytes]:
    """Beginnings of these bytes, the shortest cut first."""
    return st.integers(0, len(data)).map(lambda missing: data[: len(data) - missing])


def pauses(longest: float = 100.0) -> st.SearchStrategy[tuple[float, ...]]:
    """Seconds to wait before each chunk; chunks beyond wait for nothing. Mostly none, for a clock that jumps."""
    return st.lists(st.just(0.0) | st.sampled_from((0.01, 1.0, 30.0, longest)), max_size=6).map(
        lambda seconds: tuple(min(wait, longest) for wait in seconds)
    )


def responses(dialect: str | None = None) -> st.SearchStrategy[Response]:
    """Responses as they come of healthy wires."""
    return wires(dialect).map(lambda healthy: assemble(healthy.data, healthy.dialect))


def events(dialect: str | None = None) -> st.SearchStrategy[Event]:
    """Single events as they come of healthy wires."""

    def log(healthy: Wire) -> list[Event]:
        return list(iter_events(healthy.data, healthy.dialect))

    return wires(dialect).map(log).flatmap(st.sampled_from)

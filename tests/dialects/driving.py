"""Feeds payloads to a dialect, without bytes and framing, and spoils them in every way that JSON allows."""

import copy
import json

from hypothesis import strategies as st

from streamkit.dialects.base import DecoderOptions
from streamkit.frames import Frame
from streamkit.limits import DEFAULT_LIMITS
from streamkit.recipe import standard


def frame(payload, event="", kind="event"):
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Frame(data=data, event=event, kind=kind)


def decoded(dialect, *frames, limits=DEFAULT_LIMITS):
    """What the decoder alone says."""
    decoder = dialect.decoder(DecoderOptions(limits=limits))
    out = []
    for each in frames:
        out += decoder.feed(each if isinstance(each, Frame) else frame(each))
    return [*out, *decoder.close()]


def assembled(dialect, *frames):
    """The response that a stream of these frames amounts to."""
    pipeline = standard(dialect)
    stages = type(pipeline)(*pipeline.stages[1:])
    for each in frames:
        stages.feed(each if isinstance(each, Frame) else frame(each))
    stages.end(_ended)
    return stages.stages[-1].response


def _ended(halted):
    from streamkit.events import StreamEnded

    return StreamEnded(ending="failed" if halted else "completed", error=halted)


def quirks(events_or_response):
    told = getattr(events_or_response, "quirks", None)
    if told is not None:
        return [quirk.id for quirk in told]
    return [event.quirk for event in events_or_response if hasattr(event, "quirk")]


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["0", "1.0", "true", "\ud83d", "{", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*path, name))


@st.composite
def spoilt(draw, payloads):
    """A stream with up to three values in it replaced by odd ones, or left out."""
    payloads = copy.deepcopy(payloads)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(payloads) - 1))
        path = draw(st.sampled_from(list(places(payloads[at]))))
        if not path:
            payloads[at] = draw(odd_values)
            continue
        holder = payloads[at]
        for step in path[:-1]:
            holder = holder[step]
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[path[-1]]
        else:
            holder[path[-1]] = draw(odd_values)
    return payloads

from collections import Counter

import msgspec
import pytest
from counted_work import held_linear
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import force_setattr

from streamkit.events import (
    KeepAlive,
    MetadataReported,
    ProviderEvent,
    QuirkSeen,
    ResponseStarted,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import EndMarker, FinishClaimed
from streamkit.items import Usage
from streamkit.limits import Limits
from streamkit.pipeline import Pipeline
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape
from streamkit.stages.sequencer import Sequencer


def delta(number, text=None):
    return TextDelta(sequence_number=number, text=f"{number}." if text is None else text)


def run(events, **options):
    stage = Sequencer(**options)
    out = []
    for event in events:
        out += stage.feed(event)
    return [*out, *stage.close()]


def numbers(events):
    return [event.sequence_number for event in events if not isinstance(event, QuirkSeen)]


def quirks(events):
    return Counter(event.quirk for event in events if isinstance(event, QuirkSeen))


def order(*arrival, **options):
    events = run([delta(number) for number in arrival], **options)
    return numbers(events), dict(quirks(events))


def test_frames_in_order_pass_at_once_and_untouched():
    stage = Sequencer()
    for number in range(2000):
        event = delta(number)
        assert list(stage.feed(event)) == [event]
    assert list(stage.close()) == []


def test_in_a_pipeline_numbers_in_order_take_the_lane():
    pipeline = Pipeline(Sequencer())
    events = [delta(0), delta(1), delta(3), delta(2), delta(4)]
    out = [each for event in events for each in pipeline.feed(event)]
    assert (numbers(out), quirks(out)) == ([0, 1, 2, 3, 4], {"sequence_restored": 1})


def test_b13_order_is_restored_inside_the_window():
    assert order(0, 2, 1, 3) == ([0, 1, 2, 3], {"sequence_restored": 1})
    assert order(0, 4, 3, 2, 1, 5) == ([0, 1, 2, 3, 4, 5], {"sequence_restored": 1})
    assert order(0, 2, 1) == ([0, 1, 2], {"sequence_restored": 1})


def test_b13_events_of_one_frame_stay_together():
    events = [delta(0), delta(2, "c"), delta(1, "a"), delta(1, "b"), delta(2, "d"), delta(3, "e")]
    assert [event.text for event in run(events) if isinstance(event, TextDelta)] == ["0.", "a", "b", "c", "d", "e"]


def test_b13_a_gap_is_waited_for_only_so_long():
    stage = Sequencer(held=2)
    assert list(stage.feed(delta(0))) == [delta(0)]
    assert list(stage.feed(delta(3))) == []
    assert list(stage.feed(delta(2))) == []
    released = list(stage.feed(delta(4)))
    assert numbers(released) == [2, 3, 4]
    assert quirks(released) == {"sequence_gap": 1}
    late = list(stage.feed(delta(1)))
    assert numbers(late) == [1]
    assert quirks(late) == {"sequence_disorder": 1}
    later = list(stage.feed(delta(9)))  # one gap stayed open: the next one is not waited for
    assert numbers(later) == [9]
    assert quirks(later) == {"sequence_gap": 1}


def test_b13_what_is_held_comes_out_at_the_end():
    assert order(0, 5, 2) == ([0, 2, 5], {"sequence_gap": 1})
    assert order(0, 5, 2, held=100, limits=Limits(held=1)) == ([0, 2, 5], {"sequence_gap": 1})


def test_b13_unnumbered_events_pass():
    usage, alive = UsageReported(usage=Usage()), KeepAlive()
    assert run([delta(0), usage, delta(1), alive]) == [delta(0), usage, delta(1), alive]
    assert run([delta(0), delta(2), usage, delta(1)])[1] is usage
    marker = EndMarker()
    ended = run([delta(0), delta(2), marker])
    assert [type(event) for event in ended] == [TextDelta, QuirkSeen, TextDelta, EndMarker]
    none = [delta(None, "a"), delta(None, "a")]
    assert run(none) == none


def test_b13_lower_and_constant_numbers_lose_nothing():
    constant = [delta(7, "a"), delta(7, "a"), delta(7, "b"), delta(7, "a")]
    assert [event for event in run(constant) if isinstance(event, TextDelta)] == constant
    anew = [delta(0, "x"), delta(1, "a"), delta(2, "b"), delta(0, "y"), delta(1, "a"), delta(2, "b"), delta(3, "c")]
    events = run(anew)
    assert [event for event in events if isinstance(event, TextDelta)] == anew
    assert quirks(events) == {"sequence_disorder": 1}


def test_b33_a_frame_sent_twice_is_dropped():
    assert order(0, 1, 1, 2) == ([0, 1, 2], {"duplicate_frame": 1})
    assert order(0, 1, 2, 3, 1, 2, 4) == ([0, 1, 2, 3, 4], {"duplicate_frame": 2})
    assert order(0, 2, 2, 1) == ([0, 1, 2], {"duplicate_frame": 1, "sequence_restored": 1})
    several = [delta(0), delta(1, "a"), delta(1, "b"), delta(1, "a"), delta(1, "b"), delta(2)]
    assert [event.text for event in run(several) if isinstance(event, TextDelta)] == ["0.", "a", "b", "2."]
    other = [delta(0), delta(1, "a"), delta(1, "b")]
    assert run(other) == other
    assert len(run([delta(None, "a"), delta(None, "a")])) == 2  # F08: without numbers nothing is dropped


def test_b33_memory_is_bounded():
    stage = Sequencer()
    for number in range(5000):
        stage.feed(delta(number))
    assert len(stage._recent) == 1024
    assert quirks(stage.feed(delta(4990))) == {"duplicate_frame": 1}
    assert quirks(stage.feed(delta(10))) == {"sequence_disorder": 1}


def test_b34_a_resumed_stream_is_named():
    assert order(18, 19) == ([18, 19], {"resumed_midway": 1})
    assert order(0, 1) == ([0, 1], {})
    started = ResponseStarted(sequence_number=3)
    assert run([started, delta(4)]) == [started, delta(4)]
    assert run([ResponseStarted(), delta(4)]) == [ResponseStarted(), delta(4)]
    progress = MetadataReported(sequence_number=1)
    assert run([progress, delta(2)]) == [progress, delta(2)]


def test_b33_ids_that_the_ledger_filled_in_do_not_count():
    stage = Sequencer()
    passed = [event for number in range(3) for event in stage.feed(delta(number))]
    for event in passed:
        force_setattr(event, "item_id", "msg_1")
    assert quirks(stage.feed(delta(2))) == {"duplicate_frame": 1}
    assert quirks(stage.feed(UsageReported(sequence_number=1, usage=Usage()))) == {"sequence_disorder": 1}


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(0, 8))
def test_every_event_comes_out_once_or_is_named(arrival, held):
    events = [delta(number) for number in arrival]
    out = run(events, held=held)
    kept = Counter(numbers(out))
    assert set(kept) == set(arrival)
    assert sum(kept.values()) == len(arrival) - quirks(out)["duplicate_frame"]


@given(st.permutations(range(1, 8)))
def test_any_order_inside_the_window_is_restored(arrival):
    assert order(0, *arrival)[0] == list(range(8))


TYPES = ["created", "in_progress", "output_text.delta", "output_text.delta", "output_text.delta", "completed"]
FRAMES = [
    {"type": f"response.{kind}", "sequence_number": n, **({"delta": f"{n}."} if "delta" in kind else {})}
    for n, kind in enumerate(TYPES)
]
TAPE = Tape(
    b"".join(b"event: %s\ndata: %s\n\n" % (f["type"].encode(), msgspec.json.encode(f)) for f in FRAMES), "responses"
)
MAKE = {
    "response.created": lambda _, n: ResponseStarted(sequence_number=n),
    "response.in_progress": lambda _, n: MetadataReported(sequence_number=n),
    "response.output_text.delta": lambda frame, n: TextDelta(sequence_number=n, text=frame["delta"]),
    "response.completed": lambda _, n: FinishClaimed(sequence_number=n, finish_reason="stop", terminal=True),
}


def decoded(data):
    frames = [frame.json for frame in Tape(data, "responses").frames]
    return [MAKE[frame["type"]](frame, frame["sequence_number"]) for frame in frames]


@pytest.mark.parametrize(
    ("quirk", "same"),
    [
        ("sequence_gap", True),
        ("sequence_restored", True),
        ("sequence_disorder", True),
        ("duplicate_frame", True),
        ("resumed_midway", False),
    ],
)
def test_planted_faults_are_named(quirk, same):
    edits = list(REGISTRY[quirk].plant(TAPE))
    assert len(edits) >= 3
    for edit in edits:
        events = run(decoded(TAPE.apply([edit])))
        assert quirks(events) == {quirk: 1}
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        assert text == "2.3.4." if same else text in "2.3.4."


def test_healthy_recording_has_no_quirk():
    assert run(decoded(TAPE.data)) == decoded(TAPE.data)
    assert list(REGISTRY["sequence_gap"].plant(Tape(b"data: [DONE]\n\ndata: {}\n\n"))) == []


def test_the_last_number_is_the_highest_that_was_given_out_b34():
    stage = Sequencer()
    assert stage.last is None
    seen = []
    for number in (4, 5, 7, 6, 2):  # 7 is held until 6 is surely over
        list(stage.feed(delta(number)))
        seen.append(stage.last)
    assert seen == [4, 5, 5, 6, 7]


def test_b13_a_constant_number_is_not_held_against_all_that_had_it():
    def prepare(n):
        events = [delta(0), *(delta(1, f"{at}") for at in range(n))]
        return lambda: run(events)

    held_linear(prepare, n=100)
    out = run([delta(0), *(delta(1, f"{at}") for at in range(200)), delta(1, "199")])
    assert len(out) == 202


def test_b33_values_that_are_too_deep_to_be_compared_are_no_repetition():
    same = [ProviderEvent(sequence_number=4, name="x", data=nested(100_000)) for _ in range(2)]
    assert numbers(run([delta(0), delta(5), *same], held=0)) == [0, 5, 4, 4]


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value

import pytest

from streamkit.errors import ClosedPipeline, ErrorInfo, UsageError
from streamkit.events import Event, KeepAlive, ProviderEvent, StreamEnded, TextDelta
from streamkit.evidence import Halt, Handover, Rerouted
from streamkit.frames import Frame
from streamkit.pipeline import Pipeline, Timed


class Upper:
    handles = (TextDelta,)

    def __init__(self):
        self.calls = 0

    def feed(self, event):
        self.calls += 1
        return (TextDelta(text=event.text.upper()),)

    def close(self):
        return ()


class Passing:
    def feed(self, event):
        return (event,)

    def close(self):
        return ()


class Twice:
    def feed(self, event):
        yield event
        yield event

    def close(self):
        return ()


class Holding:
    def __init__(self):
        self.held = []

    def feed(self, event):
        self.held.append(event)
        return ()

    def close(self):
        return self.held


class Halting:
    def feed(self, event):
        return [event, Halt(error=ErrorInfo(kind="limit", message="enough"))]

    def close(self):
        return ()


def texts(events):
    return [event.text for event in events if isinstance(event, TextDelta)]


def test_items_go_through_every_stage_in_order():
    pipeline = Pipeline(Twice(), Upper())
    assert texts(pipeline.feed(TextDelta(text="a"))) == ["A", "A"]


def test_a_class_that_a_stage_does_not_handle_passes_it_by():
    upper = Upper()
    keep = KeepAlive()
    assert Pipeline(upper).feed(keep) == [keep]
    assert upper.calls == 0


def test_subclasses_of_a_handled_class_are_handled():
    class Louder(TextDelta, kw_only=True, frozen=True):
        pass

    assert texts(Pipeline(Upper()).feed(Louder(text="a"))) == ["A"]


def test_what_was_held_back_comes_out_and_goes_on_down_the_chain():
    pipeline = Pipeline(Holding(), Upper())
    assert pipeline.feed(TextDelta(text="a")) == []
    assert texts(pipeline.close()) == ["A"]


def test_the_farewell_comes_after_everything_held_back():
    pipeline = Pipeline(Holding(), Upper(), Twice())
    pipeline.feed(TextDelta(text="a"))
    out = pipeline.end(lambda _: StreamEnded())
    assert [type(event).__name__ for event in out] == ["TextDelta", "TextDelta", "StreamEnded", "StreamEnded"]


def test_a_closed_pipeline_refuses_to_be_fed_and_closes_again_in_silence():
    pipeline = Pipeline(Upper())
    pipeline.close()
    assert pipeline.closed
    assert pipeline.close() == []
    with pytest.raises(ClosedPipeline, match="new one"):
        pipeline.feed(TextDelta(text="a"))


def test_a_halt_is_kept_for_the_farewell_and_never_comes_out():
    pipeline = Pipeline(Halting(), Twice())
    out = pipeline.feed(TextDelta(text="a"))
    assert texts(out) == ["a", "a"]
    seen = []
    pipeline.end(lambda halted: seen.append(halted) or StreamEnded())
    assert seen[0].message == "enough"


@pytest.mark.parametrize(
    ("handles", "left"), [((bytes,), "a"), ((Frame,), "a"), ((TextDelta,), "abc"), (None, "abc"), ((Event,), "abc")]
)
def test_behind_a_halt_nothing_more_is_read_and_what_a_stage_gave_out_at_once_goes_on_whole(handles, left):
    class Splitting:
        def feed(self, item):
            return [TextDelta(text=letter) for letter in "abc"]

        def close(self):
            return ()

    Splitting.handles = handles
    item = {(bytes,): b"", (Frame,): Frame(b"")}.get(handles, TextDelta(text=""))
    for stages in ([Splitting(), Halting()], [Passing(), Splitting(), Passing(), Halting()]):
        assert "".join(texts(Pipeline(*stages).feed(item))) == left


def test_nested_pipelines_are_laid_flat_and_or_appends():
    pipeline = Pipeline(Pipeline(Twice()), Upper()) | Twice()
    assert repr(pipeline) == "<Twice | Upper | Twice>"
    assert texts(pipeline.feed(TextDelta(text="a"))) == ["A"] * 4


def test_a_stage_may_hand_its_place_to_another():
    class Choosing:
        def __init__(self):
            self.upper = Upper()

        def feed(self, event):
            return [Handover(old=self, new=self.upper), *self.upper.feed(event)]

        def close(self):
            return ()

    choosing = Choosing()
    pipeline = Pipeline(choosing)
    assert texts(pipeline.feed(TextDelta(text="a"))) == ["A"]
    assert texts(pipeline.feed(TextDelta(text="b"))) == ["B"]
    assert pipeline.stages == [choosing.upper]


class Changing:
    """Counts plain text in passing; behind a `ProviderEvent` it doubles text."""

    handles = (KeepAlive, ProviderEvent, TextDelta)

    def __init__(self, *, named=False):
        self.seen = []
        self.named = named

    def first(self, event):
        self.seen.append(event.text)

    def second(self, event):
        return TextDelta(text=event.text * 2)

    def feed(self, event):
        if isinstance(event, ProviderEvent):
            self.lanes = self.doubling
            return [Rerouted(stage=self if self.named else None)]
        return (event,)

    def close(self):
        return ()

    lanes = {TextDelta: first}
    doubling = {TextDelta: second}


@pytest.mark.parametrize("named", [True, False])
def test_lanes_are_called_in_place_of_feed_and_looked_up_again_when_rerouted(named):
    stage = Changing(named=named)
    pipeline = Pipeline(stage)
    assert texts(pipeline.feed(TextDelta(text="a"))) == ["a"]
    assert pipeline.feed(ProviderEvent(name="change")) == []
    assert texts(pipeline.feed(TextDelta(text="b"))) == ["bb"]
    assert stage.seen == ["a"]
    assert pipeline.feed(KeepAlive()) == [KeepAlive()]


@pytest.mark.parametrize("named", [True, False])
def test_pipelines_that_are_alike_go_their_own_ways(named):
    stages = [Changing(named=named), Changing(named=named), Changing(named=named)]
    one, two, three = map(Pipeline, stages)
    assert [texts(each.feed(TextDelta(text="a"))) for each in (one, two)] == [["a"], ["a"]]
    assert one.feed(ProviderEvent(name="change")) == []
    assert [texts(each.feed(TextDelta(text="b"))) for each in (one, two, three)] == [["bb"], ["b"], ["b"]]
    assert two.feed(ProviderEvent(name="change")) == []
    assert [texts(each.feed(TextDelta(text="c"))) for each in (one, two, three)] == [["cc"], ["cc"], ["c"]]
    assert [stage.seen for stage in stages] == [["a"], ["a", "b"], ["b", "c"]]


def test_a_change_is_seen_by_what_the_same_chunk_holds_behind_it():
    class Splitting:
        def feed(self, text):
            return [ProviderEvent(name="change") if word == "change" else TextDelta(text=word) for word in text.split()]

        def close(self):
            return ()

    pipeline = Pipeline(Splitting(), Passing(), Changing())
    assert texts(pipeline.feed("a change b")) == ["a", "bb"]


def test_lanes_of_one_stage_alone_are_its_own():
    class Prefixing:
        def __init__(self, prefix):
            self.lanes = {TextDelta: lambda _, event: TextDelta(text=prefix + event.text)}

        def feed(self, event):
            return (event,)

        def close(self):
            return ()

    pipelines = [Pipeline(Prefixing(f"{number}")) for number in range(200)]
    assert [texts(each.feed(TextDelta(text="a"))) for each in pipelines] == [[f"{n}a"] for n in range(200)]
    assert texts(pipelines[0].feed(TextDelta(text="b"))) == ["0b"]


def test_a_list_that_was_passed_on_as_an_item_is_none_for_others():
    class Splitting:
        def feed(self, event):
            return [[event]] if event.text == "odd" else [event, event]

        def close(self):
            return ()

    first, second = Pipeline(Splitting(), Passing()), Pipeline(Splitting(), Passing())
    odd = TextDelta(text="odd")
    assert first.feed(odd) == [[odd]]
    assert [texts(each.feed(TextDelta(text="a"))) for each in (first, second)] == [["a", "a"]] * 2


def test_a_feed_that_is_replaced_on_one_stage_is_called():
    stages = [Changing(), Changing()]
    stages[0].feed = lambda event: (event, event)
    one, two = map(Pipeline, stages)
    assert one.feed(KeepAlive()) == [KeepAlive(), KeepAlive()]
    assert two.feed(KeepAlive()) == [KeepAlive()]


def test_a_stage_may_change_as_often_as_it_likes():
    class Counting:
        number = 0
        lanes = {}

        def feed(self, event):
            if not isinstance(event, ProviderEvent):
                return (event,)
            self.number += 1
            number = str(self.number)
            self.lanes = {TextDelta: lambda _, text: TextDelta(text=text.text + number)}
            return (Rerouted(stage=self),)

        def close(self):
            return ()

    one, two = Pipeline(Upper(), Counting()), Pipeline(Upper(), Counting())
    for number in range(1, 300):
        assert one.feed(ProviderEvent(name="change")) == []
        assert texts(one.feed(TextDelta(text="a"))) == [f"A{number}"]
    assert texts(two.feed(TextDelta(text="a"))) == ["A"]


@pytest.mark.parametrize("handles", [None, (KeepAlive,)])
def test_who_takes_a_place_gets_what_it_handles_itself(handles):
    class Upper:
        def feed(self, event):
            return (TextDelta(text=event.text.upper()),)

        def close(self):
            return ()

    class Giving:
        def __init__(self):
            self.new = Upper()
            self.new.handles = (TextDelta,)

        def feed(self, event):
            return (Handover(old=self, new=self.new), event) if isinstance(event, KeepAlive) else (event,)

        def close(self):
            return ()

    giving = Giving()
    giving.handles = handles
    pipeline = Pipeline(giving)
    assert texts(pipeline.feed(TextDelta(text="a"))) == ["a"]
    assert pipeline.feed(KeepAlive()) == [KeepAlive()]
    assert texts(pipeline.feed(TextDelta(text="b"))) == ["B"]


def test_segments_are_cut_at_async_stages():
    async def shout(events):
        async for event in events:
            yield event

    pipeline = Pipeline(Twice(), shout, Upper())
    first, middle, last = pipeline.segments()
    assert isinstance(first, Pipeline)
    assert middle is shout
    assert isinstance(last, Pipeline)


def test_something_that_is_no_stage_is_refused():
    with pytest.raises(UsageError, match="no stage"):
        Pipeline(Twice(), 7).segments()


def test_timed_stages_are_found():
    class Clocked(Twice):
        def deadline(self):
            return None

        def expire(self, now):
            return None

    pipeline = Pipeline(Twice(), Clocked())
    assert len(pipeline.timed) == 1
    assert isinstance(pipeline.timed[0], Timed)


def test_users_may_have_events_of_their_own():
    class Mine(Event, kw_only=True, frozen=True):
        note: str

    assert Pipeline(Upper()).feed(Mine(note="x")) == [Mine(note="x")]


def test_a_stage_that_holds_nothing_back_may_close_with_none():
    class Silent(Passing):
        def close(self):
            return None

    assert texts([*Pipeline(Silent(), Upper()).feed(TextDelta(text="a")), *Pipeline(Silent(), Upper()).close()]) == [
        "A"
    ]

import pytest

from streamkit.errors import ErrorInfo, UsageError
from streamkit.events import (
    ArgumentsDelta,
    ErrorReported,
    ItemFinished,
    ItemStarted,
    KeepAlive,
    MetadataReported,
    ProviderEvent,
    QuirkSeen,
    ReasoningDelta,
    ResponseStarted,
    SignatureReported,
    TextDelta,
    UsageReported,
)
from streamkit.evidence import CallFragment, CallText, EndMarker, FinishClaimed, ItemClaimed, PartClaim, PartClaimed
from streamkit.items import Usage
from streamkit.pipeline import Pipeline, Pulsed, Timed
from streamkit.quirks.registry import REGISTRY
from streamkit.quirks.tape import Tape
from streamkit.recipe import standard
from streamkit.stages.watchdog import Watchdog
from streamkit.testing.fixtures import all_fixtures


class Bench:
    """A watchdog with a clock that the test turns."""

    def __init__(self, *args, **options):
        self.now = 1000.0
        self.dog = Watchdog(*args, **options)
        self.dog.start(lambda: self.now)

    def read(self, at, *events):
        """Bytes that arrive `at` seconds after the start, and what they mean."""
        self.now = 1000.0 + at
        self.dog.pulse(self.now)
        for event in events:
            assert list(self.dog.feed(event)) == [event]

    @property
    def due(self):
        when = self.dog.deadline()
        return None if when is None else when - 1000.0

    def expire(self, at=None):
        return self.dog.expire(1000.0 + (self.due if at is None else at))


def text(choice=0):
    return TextDelta(text="a", choice=choice)


def test_h01_nothing_ever_arrives():
    bench = Bench(first=45)
    assert bench.due == 45
    ended = bench.expire()
    assert ended.ending == "stalled"
    error = ended.error
    assert (error.kind, error.code, error.phase, error.waited, error.retryable) == (
        "stall",
        "ttfb_timeout",
        "first",
        45,
        True,
    )
    assert "45 s" in error.message
    assert "first=45" in error.message


def test_h02_h03_comments_extend_first_but_not_progress():
    bench = Bench(first=45, progress=300)
    for at in range(10, 290, 10):
        bench.read(at, KeepAlive())
    assert bench.due == 300
    assert bench.expire().error.code == "progress_timeout"
    silent = Bench(first=45)
    silent.read(30, KeepAlive(), QuirkSeen(quirk="x"))
    assert silent.due == 75
    assert silent.expire().error.phase == "first"


def test_h05_lifecycle_frames_are_liveness_only():
    bench = Bench(first=45, idle=120, progress=300)
    bench.read(1, ResponseStarted(), MetadataReported())
    assert bench.due == 121
    assert bench.expire().error.code == "idle_timeout"
    for at in range(100, 300, 50):
        bench.read(at, ProviderEvent(name="keepalive"))
    assert bench.due == 300
    assert bench.expire().error.phase == "progress"


def test_h06_silence_in_mid_stream():
    bench = Bench(idle=120)
    bench.read(5, text())
    bench.read(9, text())
    assert bench.due == 129
    ended = bench.expire(131)
    assert (ended.error.phase, ended.error.waited) == ("idle", 122)
    assert "idle=120" in ended.error.message


@pytest.mark.parametrize(
    "event",
    [
        text(),
        ReasoningDelta(text="a"),
        ArgumentsDelta(text="{"),
        CallFragment(arguments="{"),
        CallText(index=0, text="{"),
        SignatureReported(signature="x"),
        PartClaimed(claim=PartClaim("text", "a")),
        ItemClaimed(type="message", parts=(PartClaim("text", "a"),)),
        ItemClaimed(type="reasoning", signature="x"),
    ],
)
def test_h05_h07_content_is_progress(event):
    bench = Bench(idle=None, progress=300)
    bench.read(1, ResponseStarted())
    bench.read(200, event)
    bench.read(210, KeepAlive())
    assert bench.due == 500


@pytest.mark.parametrize(
    "event",
    [
        MetadataReported(),
        KeepAlive(),
        PartClaimed(claim=PartClaim("text", None)),
        ItemClaimed(type="message", parts=(PartClaim("text", ""),)),
        UsageReported(usage=Usage()),
        ItemStarted(type="message"),
        ItemStarted(type="function_call"),
    ],
)
def test_h05_structure_is_no_progress(event):
    bench = Bench(first=None, idle=None, progress=300)
    bench.read(200, event)
    assert bench.due == 300


def test_h09_finish_without_end_marker_ends_harmlessly():
    bench = Bench(linger=10)
    bench.read(3, text(), FinishClaimed(finish_reason="stop"))
    assert bench.due == 13
    bench.read(9, KeepAlive())
    assert bench.due == 13
    bench.read(12, UsageReported(usage=Usage()))
    assert bench.due == 22
    assert bench.expire() is None
    assert [event.quirk for event in bench.dog.close()] == ["connection_left_open"]


def test_h09_all_choices_must_have_finished():
    bench = Bench(idle=120, linger=10)
    bench.read(1, text(0), text(1))
    bench.read(2, FinishClaimed(finish_reason="stop", choice=1))
    assert bench.due == 122
    assert bench.expire().error.phase == "idle"
    bench.read(3, FinishClaimed(finish_reason="stop", choice=0))
    assert bench.due == 13


def test_h09_without_linger_the_other_limits_end_harmlessly():
    bench = Bench(idle=120, linger=0)
    bench.read(1, text(), FinishClaimed(finish_reason="stop"))
    assert bench.due == 121
    assert bench.expire() is None


@pytest.mark.parametrize("end", [EndMarker(), FinishClaimed(finish_reason="stop", terminal=True)])
def test_c35_after_the_end_there_is_a_short_grace(end):
    bench = Bench(total=4)
    bench.read(3, end)
    assert bench.due == 4
    bench.read(3.5, KeepAlive())
    assert bench.due == 4.5
    for tenth in range(40, 200):
        bench.read(tenth / 10, KeepAlive())
    assert bench.due == 13
    assert bench.expire() is None


def test_an_error_in_band_ends_the_waiting():
    bench = Bench(linger=10)
    bench.read(2, ErrorReported(error=ErrorInfo(kind="provider", message="no")))
    assert bench.due == 12
    assert bench.expire() is None


def test_h11_limits_are_data_and_zero_switches_off():
    bench = Bench(0, None, 0)
    assert bench.due is None
    assert bench.expire(9999) is None
    bench.read(1, text())
    assert bench.due is None
    assert list(bench.dog.close()) == []
    total = Bench(None, None, None, 60)
    total.read(59, text())
    assert total.due == 60
    error = total.expire().error
    assert (error.code, error.waited, error.retryable) == ("total_timeout", 60, None)


def test_h18_only_the_injected_clock_counts():
    own = Watchdog(first=45, clock=lambda: 7.0)
    own.start(own.clock)
    assert own.deadline() == 52
    assert Watchdog().deadline() is None  # not started: no limit runs


@pytest.mark.parametrize("clock", [5, "now"])
def test_a_clock_is_a_function(clock):
    with pytest.raises(UsageError, match="clock"):
        Watchdog(clock=clock)


def test_h20_the_default_idle_limit_survives_a_buffered_call():
    assert Watchdog().idle >= 90


def test_h23_a_server_side_tool_may_take_longer():
    bench = Bench(first=None, idle=None, progress=300, server=900)
    bench.read(10, ItemStarted(type="mcp_call", key=1))
    assert bench.due == 910
    bench.read(600, ItemFinished(key=1))
    assert bench.due == 900
    bench.read(610, ItemStarted(type="web_search_call", key=2))
    bench.read(620, ItemClaimed(type="web_search_call", key=2))
    assert bench.due == 920
    assert bench.dog.expire(1000 + 919) is None  # not yet


@pytest.mark.parametrize("kind", ["server_tool_use", "mcp_tool_use"])
def test_h23_a_server_side_tool_is_at_work_until_its_result_begins(kind):
    bench = Bench(first=None, idle=None, progress=300, server=900)
    bench.read(10, ItemStarted(type=kind, key=1), ItemFinished(key=1))
    bench.read(400, KeepAlive())
    assert bench.due == 910
    bench.read(600, ItemStarted(type="web_search_tool_result", key=2), ItemFinished(key=2))
    assert bench.due == 900
    bench.read(610, ItemStarted(type=kind, key=3), ItemFinished(key=3), ItemStarted(type="message", key=4))
    assert bench.due == 910


def test_h24_data_before_judgement():
    bench = Bench(idle=120)
    bench.read(1, text())
    assert bench.due == 121
    bench.read(121, text())
    assert bench.due == 241


def test_renewed_and_restarted_watchdogs_are_fresh():
    bench = Bench(1, 2, 3, 4, 5, server=6, clock=lambda: 0.0)
    bench.dog.feed(EndMarker())
    fresh = bench.dog.renewed()
    assert repr(fresh) == "Watchdog(first=1, idle=2, progress=3, total=4, linger=5, server=6)"
    assert fresh.deadline() is None
    assert fresh.clock() == 0.0
    fresh.start(lambda: 99.0)
    assert fresh.deadline() == 100
    bench.dog.start(lambda: 99.0)
    assert bench.dog.deadline() == 100


def test_what_of_total_is_gone_before_the_stream_is_opened():
    dog = Watchdog(first=None, progress=None, total=10, clock=float).renewed(spent=4).renewed()
    dog.start(lambda: 100.0)
    assert dog.deadline() == 106
    ended = dog.expire(106.0)
    assert (ended.error.phase, ended.error.waited) == ("total", 10)


def test_it_is_what_the_driver_looks_for():
    assert isinstance(Watchdog(), Timed)
    assert isinstance(Watchdog(), Pulsed)


def test_it_costs_a_pipeline_no_more_than_a_flag():
    bench = Bench(idle=None, progress=300)
    pipeline = Pipeline(bench.dog)
    bench.read(100)
    assert pipeline.feed(text(3)) == [text(3)]
    assert bench.due == 400


def test_nothing_of_timing_can_be_planted_in_bytes():
    assert list(REGISTRY["connection_left_open"].plant(Tape(b"data: {}\n\n"))) == []


def events_of(fixture, watchdog):
    pipeline = standard(fixture.dialect, watchdog=watchdog)
    return [*pipeline.feed(fixture.data), *pipeline.close()]


@pytest.mark.parametrize("fixture", tuple(all_fixtures()), ids=lambda fixture: fixture.id)
def test_it_reads_along_and_changes_nothing(fixture):
    assert events_of(fixture, Watchdog()) == events_of(fixture, None)

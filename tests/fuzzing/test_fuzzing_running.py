import pytest
from subjects import nothing_in

from streamkit.errors import UsageError
from streamkit.fuzzing import FunctionTarget, fuzz, wires_of
from streamkit.fuzzing.cases import baseline
from streamkit.fuzzing.outcomes import Outcome
from streamkit.fuzzing.running import Arena, chosen_quirks
from streamkit.testing.server import PlaybackServer

LIMIT = 30.0


@pytest.fixture
def function():
    made = []

    def make(name):
        made.append(FunctionTarget(f"subjects:{name}"))
        return made[-1]

    yield make
    for target in made:
        target.close()


def rows(report):
    return {row.quirk: row for row in report.rows}


def test_a_tolerant_client_survives(function):
    told = []
    report = fuzz(
        function("tolerant"),
        "chat",
        name="subject",
        quirks=["empty_data", "done_variant", "tool_index_missing", "error_flat", "content_type"],
        limit=LIMIT,
        on_total=told.append,
        on_case=lambda case: told.append(case.quirk),
    )
    assert report.survived == report.cases == told[0] == len(told) - 1
    assert report.quirks_survived == len(report.rows) == 5
    assert (report.target, report.dialect, report.unfit) == ("subject", "chat", ())
    assert set(report.wires) == {"text", "one-call", "reasoning", "text-and-two-calls", "whole-calls"}
    assert all(row.passed and row.failure is None for row in report.rows)


def test_a_naive_client_fails_and_the_wire_is_made_small(function):
    wires = wires_of("chat", only=["text", "one-call"])
    report = fuzz(
        function("naive"),
        "chat",
        quirks=["empty_data", "content_type", "tool_args_restated"],
        wires=wires,
        places=2,
        limit=LIMIT,
    )
    found = rows(report)
    assert found["content_type"].passed
    empty = found["empty_data"]
    assert (empty.cases, empty.survived, empty.verdicts) == (4, 0, {"raised": 4})
    assert empty.failure.judgement.reason.startswith(("json.decoder.JSONDecodeError", "TypeError"))
    assert len(empty.failure.case.body) < min(len(wire.data) for wire in wires)
    assert nothing_in(empty.failure.case.body)
    twice = found["tool_args_restated"].failure
    assert twice.judgement.verdict == "calls"
    assert twice.case.wire == "one-call"


def test_a_hanging_or_dying_client_goes_on_with_the_next_case(function):
    wires = wires_of("chat", only=["text"])
    for name, verdict in (("hanging", "hung"), ("fragile", "died")):
        report = fuzz(function(name), "chat", quirks=["empty_data", "done_variant"], wires=wires, places=1, limit=0.5)
        assert rows(report)["empty_data"].verdicts == {verdict: 1}
        assert rows(report)["empty_data"].failure.case.wire == "text"
        assert rows(report)["done_variant"].cases == 1


class Reading:
    """A target without a process: what it makes of a wire is written here."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    def run(self, _url, _limit):
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]

    def close(self):
        pass


def test_a_new_process_reads_a_healthy_wire_before_limits_count():
    class Slow(Reading):
        limits = ()

        def run(self, url, limit):
            self.limits += (limit,)
            return super().run(url, limit)

    wires = wires_of("chat", only=["text"])
    right = Outcome(text=wires[0].response.text)
    hung = Outcome(hung=True)
    target = Slow(right, right, right, hung, right, hung, right)
    with PlaybackServer() as server:
        arena = Arena(target, server, wires[0], 2.0)
        verdicts = [arena.run(baseline(wires[0]))[1].verdict for _ in range(4)]
    assert verdicts == ["survived", "survived", "hung", "survived"]
    assert target.limits == (60.0, 2.0, 2.0, 2.0, 60.0, 2.0, 60.0, 2.0)


def test_a_client_that_hangs_on_the_healthy_wire_itself_is_waited_for_so_long_only_once():
    given = []

    class Stuck(Reading):
        def run(self, url, limit):
            given.append(limit)
            return super().run(url, limit)

    wires = wires_of("chat", only=["text", "reasoning"])
    with pytest.raises(UsageError, match="hung"):
        fuzz(Stuck(Outcome(hung=True)), "chat", quirks=["done_variant"], wires=wires, limit=2.0)
    assert given == [60.0, 2.0, 2.0, 2.0]


@pytest.mark.parametrize("lost", [Outcome(hung=True), Outcome(died=True, error="7")])
def test_a_case_is_not_blamed_for_what_earlier_ones_left_behind(lost):
    wires = wires_of("chat", only=["text"])
    right = Outcome(text=wires[0].response.text)
    with PlaybackServer() as server:
        arena = Arena(Reading(right, right, lost, right), server, wires[0], 2.0)
        assert [arena.run(baseline(wires[0]))[1].verdict for _ in range(3)] == ["survived"] * 3
        first = Arena(Reading(right, lost, right), server, wires[0], 2.0)
        assert not first.run(baseline(wires[0]))[1].survived  # nothing was read before it


def test_healthy_wires_that_are_not_read_well_are_left_out():
    wires = wires_of("chat", only=["text", "reasoning"])
    right = Outcome(text=wires[0].response.text)
    target = Reading(right, right, Outcome(error="no reasoning, please"), right)
    report = fuzz(target, "chat", quirks=["done_variant"], wires=wires, places=1)
    assert report.wires == ("text",)
    assert [(unfit.wire, unfit.reason) for unfit in report.unfit] == [("reasoning", "raised: no reasoning, please")]
    assert report.cases == 1


def test_a_client_that_reads_nothing_is_the_callers_mistake(function):
    with pytest.raises(UsageError, match="What"):
        fuzz(function("deaf"), "chat", quirks=["done_variant"], limit=LIMIT)


def test_quirks_without_a_place_are_named():
    wires = wires_of("chat", only=["text"])
    report = fuzz(Reading(Outcome(text=wires[0].response.text)), "chat", quirks=["tool_index_missing"], wires=wires)
    assert (report.rows, report.unplanted) == ((), ("tool_index_missing",))


def test_quirks_of_another_dialect_are_refused():
    with pytest.raises(UsageError, match="rotating_ids"):
        chosen_quirks("chat", ["rotating_ids", "empty_data"])
    assert [quirk.id for quirk in chosen_quirks("chat", ["empty_data"])] == ["empty_data"]


def test_what_no_server_is_known_to_send_is_asked_only_by_name():
    assert [quirk.id for quirk in chosen_quirks("chat", ["worker_frames"])] == ["worker_frames"]
    everything = {quirk.id for quirk in chosen_quirks("chat")}
    assert "worker_frames" not in everything
    assert "envelope" in everything

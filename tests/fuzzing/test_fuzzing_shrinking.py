from subjects import nothing_in

from streamkit.fuzzing.cases import cases_of
from streamkit.fuzzing.judging import Judgement, judge
from streamkit.fuzzing.outcomes import Outcome
from streamkit.fuzzing.report import Failure
from streamkit.fuzzing.shrinking import ATTEMPTS, shrink
from streamkit.fuzzing.wires import wires_of
from streamkit.quirks.catalogue import quirk_named

WIRE = wires_of("chat", only=["text"])[0]
QUIRK = quirk_named("empty_data")


class Client:
    """Fails on empty payloads where the wire also has `needed`; counts how often it is asked."""

    def __init__(self, needed=b""):
        self.needed = needed
        self.runs = 0

    def __call__(self, case):
        self.runs += 1
        if nothing_in(case.body) and self.needed in case.body:
            return Outcome(error="no"), Judgement("raised", "no")
        outcome = Outcome(text=case.expected.text or "")
        return outcome, judge(case.expected, outcome)


def failure():
    case = next(iter(cases_of(QUIRK, WIRE)))
    return Failure(case=case, outcome=Outcome(error="no"), judgement=Judgement("raised", "no"), healthy=WIRE.data)


def test_frames_that_do_not_matter_are_left_out():
    client = Client()
    small = shrink(client, QUIRK, WIRE, failure())
    assert len(small.case.body) < len(failure().case.body) / 2
    assert small.case.body.count(b"data: {") == 2  # a chunk to begin with and a finish reason; one piece is not needed
    assert small.healthy != WIRE.data
    assert small.judgement.verdict == "raised"
    assert client.runs <= ATTEMPTS


def test_what_matters_stays():
    small = shrink(Client(b"Take a coat"), QUIRK, WIRE, failure())
    assert b"Take a coat" in small.case.body


def test_a_failure_of_another_kind_is_not_taken():
    def run(case):
        if case.quirk:
            return Outcome(hung=True), Judgement("hung", "")
        return Outcome(), Judgement("survived")

    assert shrink(run, QUIRK, WIRE, failure()) == failure()


def test_a_smaller_wire_must_be_read_in_its_healthy_form():
    def run(case):
        return Outcome(error="no"), Judgement("raised", "no")

    assert shrink(run, QUIRK, WIRE, failure()) == failure()

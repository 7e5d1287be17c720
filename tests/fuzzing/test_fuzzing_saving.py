import msgspec
import pytest

from streamkit.errors import CaptureError
from streamkit.fuzzing import Failure, Judgement, Outcome, Report, Row, load_reproducer, page, save_failures
from streamkit.fuzzing.cases import cases_of
from streamkit.fuzzing.report import Unfit
from streamkit.fuzzing.wires import wires_of
from streamkit.quirks.catalogue import quirk_named


def report(dialect="chat"):
    wire = wires_of(dialect, only=["text"])[0]
    case = next(iter(cases_of(quirk_named("corrupt_frame"), wire)))
    failure = Failure(
        case=case,
        outcome=Outcome(error="<b>no</b>"),
        judgement=Judgement("raised", "<b>no</b>"),
        healthy=wire.data,
    )
    counts = {"catalogue": ("X1",), "summary": "A <fault>.", "cases": 2}
    return Report(
        target="mine:ask",
        dialect=dialect,
        rows=(
            Row(quirk="corrupt_frame", effect="lossy", survived=1, verdicts={"raised": 1}, failure=failure, **counts),
            Row(quirk="done_variant", effect="harmless", survived=2, verdicts={}, **counts),
        ),
        wires=("text",),
        unfit=(Unfit("one-call", "hung: <i>"),),
    )


def test_a_failure_is_kept_whole(tmp_path):
    kept = report()
    written = save_failures(kept, tmp_path / "new", 4.0)
    assert [file.name for file in written] == ["corrupt_frame.json"]
    back = load_reproducer(written[0])
    assert (back.target, back.limit) == ("mine:ask", 4.0)
    assert back.case == kept.rows[0].failure.case
    assert back.judgement == Judgement("raised", "<b>no</b>")
    assert (tmp_path / "new" / "corrupt_frame.sse").read_bytes() == back.case.body


def test_the_bytes_are_called_what_they_are(tmp_path):
    save_failures(report("ollama"), tmp_path, 4.0)
    assert (tmp_path / "corrupt_frame.ndjson").is_file()


@pytest.mark.parametrize("text", ["{}", "no"])
def test_another_file_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(CaptureError, match=r"x\.json"):
        load_reproducer(tmp_path / "x.json")


def test_the_counts():
    told = report()
    assert (told.cases, told.survived, told.quirks_survived) == (4, 3, 1)
    assert msgspec.json.decode(msgspec.json.encode(told), type=Report) == told


def test_the_page_escapes_what_came_over_the_wire():
    text = page(report())
    assert "1 of 2 quirks survived, 3 of 4 cases" in text
    assert "<b>no" not in text
    assert "&lt;b&gt;no" in text
    assert "hung: &lt;i&gt;" in text
    assert "mine:ask on chat" in text
    assert "<script" not in text


def test_a_wire_that_is_no_text_is_shown_escaped():
    failure = report().rows[0].failure
    odd = msgspec.structs.replace(
        failure,
        case=msgspec.structs.replace(
            failure.case, playback=msgspec.structs.replace(failure.case.playback, body=b"\xff")
        ),
    )
    assert odd.wire == "\\xff"

from streamkit.audit.counting import count
from streamkit.audit.scanning import Scan


def test_streams_are_counted_by_dialect_and_provider():
    report = count(
        [
            Scan(path="c", dialect="chat", provider="groq", size=3, ending="completed", quirks={"empty_data": 5}),
            Scan(path="b", dialect="chat", provider="groq", size=2, ending="failed", quirks={}),
            Scan(
                path="a",
                dialect="chat",
                provider="groq",
                size=1,
                ending="completed",
                quirks={"done_variant": 1, "empty_data": 1},
            ),
            Scan(path="d", dialect="anthropic", size=10, ending="completed"),
            Scan(path="e", fault="no"),
        ]
    )
    assert (report.streams, report.clean, report.bytes) == (4, 2, 16)
    assert [(group.dialect, group.provider) for group in report.groups] == [("anthropic", "unknown"), ("chat", "groq")]
    groq = report.groups[1]
    assert (groq.streams, groq.clean, groq.endings) == (3, 1, {"completed": 2, "failed": 1})
    assert [(quirk.id, quirk.effect, quirk.catalogue, quirk.streams, quirk.occurrences) for quirk in groq.quirks] == [
        ("empty_data", "harmless", ("A10",), 2, 6),
        ("done_variant", "harmless", ("A16",), 1, 1),
    ]
    assert [scan.path for scan in report.faults] == ["e"]
    assert [scan.path for scan in report.scans] == ["a", "b", "c", "d"]


def test_nothing_is_counted_as_nothing():
    report = count([])
    assert (report.streams, report.groups, report.faults) == (0, (), ())

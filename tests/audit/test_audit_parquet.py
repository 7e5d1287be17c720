import sys

import pytest

from streamkit.audit import write_parquet
from streamkit.audit.counting import count
from streamkit.audit.scanning import Scan
from streamkit.errors import UsageError

REPORT = count(
    [
        Scan(
            path="a",
            dialect="chat",
            provider="groq",
            size=9,
            ending="completed",
            quirks={"empty_data": 5, "done_differs": 1},
        ),
        Scan(path="b", dialect="chat", size=7, ending="completed"),
        Scan(path="c", fault="no stream"),
    ]
)


def test_one_row_for_each_stream_and_quirk(tmp_path):
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    file = tmp_path / "out.parquet"
    write_parquet(REPORT, file)
    rows = parquet.read_table(file).to_pylist()
    assert rows == [
        {
            "path": "a",
            "bytes": 9,
            "provider": "groq",
            "dialect": "chat",
            "ending": "completed",
            "quirk": quirk,
            "effect": effect,
            "occurrences": occurrences,
            "fault": None,
        }
        for quirk, effect, occurrences in (("empty_data", "harmless", 5), ("done_differs", "guessed", 1))
    ] + [
        {
            "path": "b",
            "bytes": 7,
            "provider": None,
            "dialect": "chat",
            "ending": "completed",
            "quirk": None,
            "effect": None,
            "occurrences": 0,
            "fault": None,
        },
        {
            "path": "c",
            "bytes": 0,
            "provider": None,
            "dialect": None,
            "ending": None,
            "quirk": None,
            "effect": None,
            "occurrences": 0,
            "fault": "no stream",
        },
    ]


def test_the_extra_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"streamkit-llm\[audit\]"):
        write_parquet(REPORT, tmp_path / "out.parquet")

import pytest

from streamkit.audit.finding import Sidecar, find_bodies, read_sidecar
from streamkit.errors import CaptureError


def test_bodies_are_found_by_their_names_in_order(tmp_path):
    inner = tmp_path / "b"
    inner.mkdir()
    for name in ("z.sse", "a.body", "a.json", "README.md", "m.ndjson", "n.bin", "o.jsonarray", "p.txt"):
        (tmp_path / name).write_text("x")
    (inner / "c.sse").write_text("x")
    found = [str(path.relative_to(tmp_path)) for path in find_bodies([tmp_path])]
    assert found == ["a.body", "m.ndjson", "n.bin", "o.jsonarray", "p.txt", "z.sse", "b/c.sse"]


def test_a_named_file_is_taken_whatever_its_name(tmp_path):
    file = tmp_path / "recording.dat"
    file.write_text("x")
    assert find_bodies([file]) == [file]


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CaptureError):
        find_bodies([tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ('{"dialect": "chat", "provider": "groq"}', Sidecar(dialect="chat", provider="groq")),
        ('{"dialect": "other", "subdialect": "replicate"}', Sidecar(dialect="replicate")),
        ('{"dialect": "nobody knows", "provider": 3}', Sidecar()),
        ("[1]", Sidecar()),
        (None, Sidecar()),
    ],
)
def test_what_stands_beside_a_body(tmp_path, told, expected):
    if told is not None:
        (tmp_path / "a.json").write_text(told)
    assert read_sidecar(tmp_path / "a.body") == expected


def test_a_broken_file_beside_a_body_is_a_fault(tmp_path):
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(CaptureError, match=r"a\.json"):
        read_sidecar(tmp_path / "a.body")

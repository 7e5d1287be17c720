from bodies import EMPTY_PAYLOADS, HEALTHY, NO_STREAM, QUOTED_END

from streamkit.audit import scanning
from streamkit.audit.scanning import scan


def written(tmp_path, body, note=None):
    file = tmp_path / "a.sse"
    file.write_bytes(body)
    if note is not None:
        (tmp_path / "a.json").write_text(note)
    return str(file)


def test_a_healthy_stream_shows_no_quirk(tmp_path):
    file = written(tmp_path, HEALTHY)
    seen = scan(file)
    assert (seen.path, seen.dialect, seen.provider, seen.ending, seen.quirks, seen.fault) == (
        file,
        "chat",
        "",
        "completed",
        {},
        "",
    )
    assert seen.size == len(HEALTHY)


def test_quirks_are_counted_and_the_provider_is_read_beside_the_body(tmp_path):
    seen = scan(written(tmp_path, EMPTY_PAYLOADS, '{"provider": "groq", "dialect": "chat"}'))
    assert seen.quirks == {"empty_data": 2}
    assert seen.provider == "groq"
    assert scan(written(tmp_path, QUOTED_END)).quirks == {"done_variant": 1}


def test_pieces_of_any_size_say_the_same(tmp_path, monkeypatch):
    file = written(tmp_path, EMPTY_PAYLOADS)
    whole = scan(file)
    monkeypatch.setattr(scanning, "READ_SIZE", 7)
    assert scan(file) == whole


def test_a_file_that_is_no_stream_says_so(tmp_path):
    assert "no dialect recognised" in scan(written(tmp_path, NO_STREAM)).fault
    assert "held nothing" in scan(written(tmp_path, b"")).fault


def test_a_file_that_cannot_be_read_says_so(tmp_path):
    assert scan(str(tmp_path / "gone.sse")).fault
    assert "a.json" in scan(written(tmp_path, HEALTHY, "{")).fault


def test_a_fault_of_our_own_is_told_of_that_file_only(tmp_path, monkeypatch):
    def broken(_):
        raise ZeroDivisionError("mine")

    monkeypatch.setattr(scanning, "standard", broken)
    assert scan(written(tmp_path, HEALTHY)).fault == "ZeroDivisionError: mine"

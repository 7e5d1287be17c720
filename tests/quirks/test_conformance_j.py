"""Group J, encoding and limits: characters that are passed on, and the guard against endless answers."""

import json

import pytest
from piping import chat, chunk, response_of, seen, sse

import streamkit
from streamkit.cleaning import sendable, storable
from streamkit.profile import Profile
from streamkit.stages.repetition import RepetitionGuard


def test_j02_replacement_characters_of_the_server_are_passed_on_and_counted():
    response = response_of(chat("a\ufffd", "\ufffd"), "chat")
    assert (response.text, seen(response)) == ("a\ufffd\ufffd", ["replacement_char"])
    assert response.quirks[0].detail == "2 characters"
    assert seen(response_of(chat("a\ud83d"), "chat")) == ["lone_surrogate"]


def test_j09_text_is_untouched_and_what_is_said_about_it_is_printable():
    text = "\u001b]0;pwn\u0007 \u202eevil"
    response = response_of(chat(text), "chat")
    assert response.text == text
    odd = response_of(chat("a") + b"data: {'x': '\x1b]0;pwn\x07'}\n\n", "chat")
    assert all(quirk.detail.isprintable() for quirk in odd.quirks)
    assert "corrupt_frame" in seen(odd)


def test_j11_nul_is_passed_on_and_a_copy_can_be_stored():
    response = response_of(chat("a\0b"), "chat")
    assert (response.text, seen(response)) == ("a\0b", ["nul"])
    assert storable(response.text + "\ud83d") == "a\ufffdb\ufffd"
    assert storable("plain 🍸") == "plain 🍸"


def test_j15_a_guard_stops_endless_repetition_and_alters_nothing():
    words = ['"lock" '] * 400
    guarded = response_of(chat("Well, ", *words), "chat", Profile(stop_repetition=20))
    (error,) = guarded.errors
    assert (guarded.finish_reason, error.code) == ("error", "repetition")
    assert ("Well, " + '"lock" ' * 400).startswith(guarded.text)
    assert 20 <= guarded.text.count('"lock"') < 60
    assert response_of(chat("Well, ", *words), "chat").status == "completed"


def test_j15_nothing_is_read_behind_the_place_where_reading_stopped():
    data = sse(chunk("stop", content='"lock" ' * 40), done=True)
    response = response_of(data, "chat", Profile(stop_repetition=20))
    assert (response.raw_finish_reason, response.errors[0].code) == ("", "repetition")


def test_j15_tables_lines_and_blanks_are_no_repetition():
    rows = [f"| {number} | {number % 3} |\n" for number in range(300)]
    blank = [" "] * 500
    data = chat(*rows, *blank, "end")
    assert response_of(data, "chat", Profile(stop_repetition=20)).status == "completed"


def test_j15_the_guard_is_a_stage_of_the_users():
    data = chat({"reasoning_content": "ab" * 500}, "x")
    response = streamkit.assemble([data], "chat", stages=[RepetitionGuard(times=50, period=4)], on_error="event")
    assert (response.errors[0].code, response.errors[0].limit) == ("repetition", "repetition")


def test_j16_history_can_be_cleaned_before_it_is_sent():
    history = [{"role": "assistant", "content": "\ud83d", "tool": {"arg\ud83d": ["a", "\ud83d\ude00", 1, None]}}]
    clean = sendable(history)
    assert clean == [{"role": "assistant", "content": "\ufffd", "tool": {"arg\ufffd": ["a", "😀", 1, None]}}]
    assert json.dumps(clean, ensure_ascii=False).encode()
    assert history[0]["content"] == "\ud83d"


KEY = "sk-proj-" + "aB3dE5" * 8


@pytest.mark.parametrize(
    "wrong", [f"data: not json {KEY}", f"data: {'x' * 150} {KEY}", f"upstream error: key {KEY} was refused"]
)
def test_j10_a_key_in_what_could_not_be_read_is_masked_in_the_notes(wrong):
    data = chat("hi").replace(b"data: [DONE]", wrong.encode())
    response = streamkit.assemble([data], "chat", on_error="event")
    assert response.text == "hi"
    assert len(response.quirks) >= 1
    assert KEY[:20] not in repr(response)
    assert "sk-***" in "".join(quirk.detail for quirk in response.quirks)

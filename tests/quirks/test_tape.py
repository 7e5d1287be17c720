import msgspec
import pytest

from streamkit.quirks.aws_tape import encode_message
from streamkit.quirks.tape import Edit, Tape, TapeFrame

SSE = (
    b': hello\n\nevent: a\ndata: {"n":1}\n\n\ndata: [DONE]\n\ndata: {"n":\ndata: 2}\nid: 7\n\nevent: empty\n\ndata: cut'
)


def frames_of(data, framing="sse"):
    return [(frame.event, frame.data) for frame in Tape(data, framing=framing).frames]


def test_events_of_an_event_stream():
    assert frames_of(SSE) == [("a", b'{"n":1}'), ("", b"[DONE]"), ("", b'{"n":\n2}')]


def test_places_are_where_the_event_begins_and_behind_its_blank_line():
    tape = Tape(SSE)
    assert [tape.data[frame.start : frame.end] for frame in tape.frames] == [
        b'event: a\ndata: {"n":1}\n\n',
        b"data: [DONE]\n\n",
        b'data: {"n":\ndata: 2}\nid: 7\n\n',
    ]
    assert [frame.index for frame in tape.frames] == [0, 1, 2]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends(end):
    assert frames_of(SSE.replace(b"\n", end))[0] == ("a", b'{"n":1}')


def test_one_blank_behind_the_colon_is_no_data():
    assert frames_of(b"data:  x \n\ndata:y\n\n") == [("", b" x "), ("", b"y")]


def test_payloads_as_json():
    assert [frame.json for frame in Tape(SSE).frames] == [{"n": 1}, None, {"n": 2}]
    frame = Tape(SSE).frames[0]
    frame.json["n"] = 5
    assert frame.json == {"n": 1}, "a fresh copy each time"


def test_lines():
    data = b'{"n":1}\n{"n":2}\r\n{"n":3}'
    tape = Tape(data, framing="ndjson")
    assert [(frame.data, tape.data[frame.start : frame.end]) for frame in tape.frames] == [
        (b'{"n":1}', b'{"n":1}\n'),
        (b'{"n":2}', b'{"n":2}\r\n'),
        (b'{"n":3}', b'{"n":3}'),
    ]


def test_messages_of_aws():
    messages = [encode_message("contentBlockDelta", b'{"n":1}'), encode_message("messageStop", b"{}")]
    tape = Tape(b"".join(messages), framing="aws-eventstream")
    assert [(frame.event, frame.data) for frame in tape.frames] == [
        ("contentBlockDelta", b'{"n":1}'),
        ("messageStop", b"{}"),
    ]
    assert [tape.data[frame.start : frame.end] for frame in tape.frames] == messages


@pytest.mark.parametrize(
    ("framing", "wire"),
    [
        ("sse", b'event: a\ndata: {"n":1}\n\n'),
        ("ndjson", b'{"n":1}\n'),
        ("aws-eventstream", encode_message("a", b'{"n":1}')),
    ],
)
def test_a_frame_in_the_recordings_own_framing(framing, wire):
    tape = Tape(b"", framing=framing)
    assert tape.encode({"n": 1}, "a") == wire
    assert tape.encode(b'{"n":1}', "a") == wire
    assert Tape(wire, framing=framing).frames[0].json == {"n": 1}


def test_a_frame_without_a_name():
    assert Tape(b"").encode({"n": 1}) == b'data: {"n":1}\n\n'


def changed(*edits, data=SSE):
    return frames_of(Tape(data).apply(edits))


def test_edits_of_each_kind():
    tape = Tape(SSE)
    first, second, third = tape.frames
    assert changed(tape.replace(first, {"n": 9})) == [("a", b'{"n":9}'), ("", b"[DONE]"), ("", b'{"n":\n2}')]
    assert changed(tape.replace(second, b"x")) == [("a", b'{"n":1}'), ("", b"x"), ("", b'{"n":\n2}')]
    assert changed(tape.delete(second)) == [("a", b'{"n":1}'), ("", b'{"n":\n2}')]
    assert changed(tape.insert(third, {"n": 0}, "b"))[1:3] == [("", b"[DONE]"), ("b", b'{"n":0}')]
    whole = Tape(b"data: 1\n\n")
    assert changed(whole.append({"n": 0}, "b"), data=whole.data) == [("", b"1"), ("b", b'{"n":0}')]
    assert tape.delete(first, "why").note == "why"


def test_rewriting_gives_one_edit_for_each_frame_that_changes():
    tape = Tape(SSE)

    def bigger(payload):
        return {"n": payload["n"] + 1} if payload["n"] > 1 else None

    [edit] = tape.rewrite(bigger, "bigger")
    assert (edit.start, edit.note) == (tape.frames[2].start, "bigger")
    assert changed(edit)[2] == ("", b'{"n":3}')


def test_edits_compose_in_any_order():
    tape = Tape(b"abcdef")
    edits = [Edit(4, 5, b""), Edit(0, 1, b"A"), Edit(2, 2, b"-"), Edit(2, 2, b"+"), Edit(6, 6, b"!")]
    assert tape.apply(edits) == b"Ab-+cdf!"
    assert tape.apply([]) == b"abcdef"


def test_edits_that_touch_do_not_overlap_and_others_are_refused():
    tape = Tape(b"abcdef")
    assert tape.apply([Edit(0, 2, b"x"), Edit(2, 4, b"y")]) == b"xyef"
    with pytest.raises(ValueError, match="overlap"):
        tape.apply([Edit(0, 3, b"x"), Edit(2, 4, b"y")])


def test_values_are_plain():
    assert msgspec.structs.asdict(TapeFrame(0, 1, 2, "", b"x"))["end"] == 2

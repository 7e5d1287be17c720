import httpx
import httpx_sse
import pytest
from counted_work import held_linear
from cutting import blocks, frames, payloads, pieces, quirks, read, through
from hypothesis import example, given
from hypothesis import strategies as st

from streamkit.events import KeepAlive
from streamkit.evidence import Halt
from streamkit.frames import Frame
from streamkit.framing.sse import SSEFramer
from streamkit.framing.sse_lines import LineReader
from streamkit.limits import Limits


def sse(body):
    return read(SSEFramer, body)


# WHATWG 9.2.6


def test_a_frame_has_its_payload_its_name_and_its_place():
    assert sse(b'data: {"a":1}\n\nevent: x\ndata: two\n\n') == [Frame(b'{"a":1}', "", 0), Frame(b"two", "x", 15)]


def test_a_frame_needs_a_blank_line():
    framer = SSEFramer()
    assert framer.feed(b"data: a\n") == []
    assert framer.feed(b"\n") == [Frame(b"a", "", 0)]


def test_a_line_without_colon_is_a_field_without_value():
    assert sse(b"data\n\ndata\ndata\n\n") == [Frame(b"", "", 0), Frame(b"\n", "", 6)]


def test_an_empty_stream_has_no_frames():
    assert sse(b"") == []
    assert sse(b"\n\r\n\r\n\n") == []


def test_an_event_name_holds_for_its_own_frame_only():
    out = sse(b"event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\n")
    assert [(f.event, f.data) for f in frames(out)] == [("b", b"1"), ("", b"2"), ("", b"3")]


def test_an_event_line_behind_the_data_names_the_frame():
    assert sse(b"data: 1\nevent: late\n\n") == [Frame(b"1", "late", 0)]


def test_a01_no_space_behind_the_colon():
    assert sse(b'data:{"a":1}\n\nevent:x\ndata:{"b":"data: y"}\n\n') == [
        Frame(b'{"a":1}', "", 0),
        Frame(b'{"b":"data: y"}', "x", 14),
    ]


def test_a01_one_event_a_read_with_and_without_space():
    body = b"".join(b"data:%d\n\ndata: %d\n\ndata:  %d\n\n" % (n, n, n) for n in range(4))
    assert payloads(sse(body)) == [b"%s%d" % (space, n) for n in range(4) for space in (b"", b"", b" ")]


def test_a03_one_event_a_read_with_odd_line_ends_inside():
    body = b"data: 1\n\ndata: 2\rdata: 3\n\ndata: 4\r\n\r\ndata: 5\rdata: 6\r\n\r\n: c\r\n\r\n7\r\n\r\ndata: 8\r\n\r\n"
    assert payloads(sse(body)) == [b"1", b"2\n3", b"4", b"5\n6", b"8"]
    assert payloads(SSEFramer().feed(body[:24] + body[24:])) == [b"1", b"2\n3", b"4", b"5\n6", b"8"]


def test_a34_a_stray_line_in_front_of_a_plain_frame_in_one_read():
    framer = SSEFramer()
    framer.feed(b"data: 0\n\n")
    assert quirks(framer.feed(b"1a4\n\ndata: 1\n\ndata: 2\n\n")) == ["stray_line"]


def test_a34_a_beginning_that_looks_like_a_frame():
    framer = SSEFramer()
    framer.feed(b"data: 0\n\n")
    assert framer.feed(b": c\ndata: 1") == [KeepAlive(comment="c")]
    assert framer.feed(b"\n\n") == [Frame(b"1", "", 13)]


def test_a01_streams_with_and_without_space_mixed():
    body = b"data:  one\n\ndata:two\n\ndata: three\n\ndata:four\n\ndata:\tfive\n\n"
    assert payloads(sse(body)) == [b" one", b"two", b"three", b"four", b"\tfive"]


def test_a02_one_leading_space_at_most_belongs_to_the_framing():
    assert payloads(sse(b"data:  indented\n\ndata: a \n\ndata: \n\n")) == [b" indented", b"a ", b""]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a03_all_line_ends(end):
    body = b"data: {}~~event: x~data: 1~data: 2~~: c~~data: 3~~".replace(b"~", end)
    out = sse(body)
    assert [(f.event, f.data) for f in frames(out)] == [("", b"{}"), ("x", b"1\n2"), ("", b"3")]
    assert [body[f.offset :][:5] for f in frames(out)] == [b"data:", b"event", b"data:"]
    assert quirks(out) == []


def test_a03_line_ends_mixed_in_one_stream():
    body = b"data: 1\r\n\ndata: 2\n\r\ndata: 3\r\rdata: 4\r\n\r\ndata: 5\n\ndata: 6\r\n\r\n"
    assert payloads(sse(body)) == [b"1", b"2", b"3", b"4", b"5", b"6"]


def test_a03_a_lone_carriage_return_dispatches_at_once():
    framer = SSEFramer()
    assert framer.feed(b"data: 1\r\r") == [Frame(b"1", "", 0)]
    assert framer.feed(b"\ndata: 2\r\n\r\n") == [Frame(b"2", "", 10)]


def test_a03_a_stream_that_changes_its_line_ends_holds_nothing_back():
    framer = SSEFramer()
    assert len(framer.feed(b"data: 1\r\n\r\n")) == 1
    assert len(framer.feed(b"data: 2\n\n")) == 1
    assert len(framer.feed(b"event: x\r\ndata: 3\r\n\r\n")) == 1
    assert len(framer.feed(b"event: x\ndata: 4\n\ndata: 5\r\r")) == 2


def test_a04_unicode_separators_end_no_line():
    text = "one\u2028two\u2029\u0085\x0b\x0c\x1c\x1d\x1e"
    assert payloads(sse(f"data: {text}\n\n".encode())) == [text.encode()]


def test_a05_characters_cut_by_reads():
    out = sse('event: ping-😀\ndata: {"x":"你好"}\n\n'.encode())
    assert out == [Frame('{"x":"你好"}'.encode(), "ping-😀", 0)]


def test_a06_a_leading_byte_order_mark_is_dropped_and_another_is_content():
    assert sse(b"\xef\xbb\xbfdata: a\n\ndata: \xef\xbb\xbfb\n\n") == [
        Frame(b"a", "", 3),
        Frame(b"\xef\xbb\xbfb", "", 12),
    ]
    assert payloads(sse(b"\xef\xbb\xbf\ndata: a\n\n")) == [b"a"]


def test_a07_comments_are_signs_of_life():
    assert sse(b": OPENROUTER PROCESSING\n\n:\n\ndata: 1\n: keep-alive\n\n") == [
        KeepAlive(comment="OPENROUTER PROCESSING"),
        KeepAlive(comment=""),
        KeepAlive(comment="keep-alive"),
        Frame(b"1", "", 28),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a07_a_lone_comment_between_frames_takes_the_quick_way(monkeypatch, end):
    first, ping = f"id: 7{end}data: 1{end}{end}".encode(), f": ping{end}{end}".encode()
    last = f"data: 2{end}{end}".encode()
    framer = SSEFramer()
    framer.feed(first)
    monkeypatch.setattr(framer, "_scan", lambda *_: pytest.fail("read line by line"))
    alive = KeepAlive(comment="ping")
    assert framer.feed(ping) == [alive]
    assert framer.feed(ping + ping + last) == [alive, alive, Frame(b"2", "", len(first + ping * 3), "7")]
    assert framer.last_event_id == "7"


def test_a07_a_comment_is_given_out_before_its_blank_line():
    framer = SSEFramer()
    framer.feed(b"data: 1\n\n")
    assert framer.feed(b": ping\n") == [KeepAlive(comment="ping")]


def test_a08_blank_lines_are_nothing():
    assert sse(b"\n\n\n\ndata: 1\n\n\n\n\r\n\ndata: 2\n\n") == [Frame(b"1", "", 4), Frame(b"2", "", 18)]


def test_a09_a_name_without_data_does_not_leak():
    out = sse(b"event: codex.rate_limits\n\ndata: 1\n\n")
    assert frames(out) == [Frame(b"1", "", 26)]
    assert quirks(out) == ["empty_event"]
    assert out[0].detail == "codex.rate_limits"


def test_a11_several_data_lines_are_one_payload():
    out = sse(b'data: {"choices":[{"delta":\ndata: {"content":"hi"}}]}\n\n')
    assert payloads(out) == [b'{"choices":[{"delta":\n{"content":"hi"}}]}']
    assert quirks(out) == []


def test_a11_a_pretty_printed_payload():
    body = b'data: {\ndata:   "a": {\ndata:     "b": "}"\ndata:   },\ndata:   "c": []\ndata: }\n\n'
    assert payloads(sse(body)) == [b'{\n  "a": {\n    "b": "}"\n  },\n  "c": []\n}']
    assert quirks(sse(body)) == []


def test_a11_text_over_several_lines_is_not_taken_for_documents():
    out = sse(b"data: {one}\ndata: 2\ndata:\ndata: [three]\n\n")
    assert payloads(out) == [b"{one}\n2\n\n[three]"]
    assert quirks(out) == []


def test_a12_a_whole_last_frame_that_nothing_closed():
    for tail in (b'data: {"a":1}', b'data: {"a":1}\n', b'data: {"a":1}\r\n', b'event: x\ndata: {"a":\ndata: 1}'):
        out = sse(b"data: 0\n\n" + tail)
        assert len(frames(out)) == 2
        assert quirks(out) == ["eof_flush"]
    assert payloads(sse(b"data: 0\n\ndata:[DONE] ")) == [b"0", b"[DONE] "]


@pytest.mark.parametrize(
    ("tail", "size"),
    [
        (b'data: {"a":', 11),
        (b'event: x\ndata: {"a":', 20),
        (b"data: 12", 8),
        (b"event: x\n", 9),
        (b"eve", 3),
        (b"data", 4),
        (b"id: 4", 5),
        (b"data: some words\n", 17),
    ],
)
def test_a12_a_cut_last_frame_is_named_with_its_size(tail, size):
    out = sse(b"data: 0\n\n" + tail)
    assert payloads(out) == [b"0"]
    assert quirks(out) == ["eof_partial"]
    assert out[-1].data == {"bytes": size}
    assert out[-1].detail.startswith(f"{size} bytes")


def test_a12_a_comment_at_the_end_is_no_cut_frame():
    assert sse(b"data: 0\n\n: pi") == [Frame(b"0", "", 0), KeepAlive(comment="pi")]


def test_a13_frames_without_blank_lines_between():
    out = sse(b'data: {"a":"x"}\ndata: {"b":"y"}\ndata: [DONE]\n\n')
    assert frames(out) == [Frame(b'{"a":"x"}', "", 0), Frame(b'{"b":"y"}', "", 16), Frame(b"[DONE]", "", 32)]
    assert quirks(out) == ["missing_blank_line"] * 2


def test_a13_each_frame_comes_out_when_the_next_begins():
    framer = SSEFramer()
    assert framer.feed(b'data: {"a":1}\n') == []
    assert payloads(framer.feed(b'data: {"a":2}\n')) == [b'{"a":1}']
    assert payloads(framer.feed(b'data: {"a":3}\n')) == [b'{"a":2}']
    assert payloads(framer.close()) == [b'{"a":3}']


def test_a13_with_names():
    out = sse(b'event: a\ndata: {"n":1}\nevent: b\ndata: {"n":2}\n\ndata: {"n":3}\n\n')
    assert [(f.event, f.data, f.offset) for f in frames(out)] == [
        ("a", b'{"n":1}', 0),
        ("b", b'{"n":2}', 23),
        ("", b'{"n":3}', 47),
    ]


def test_a13_pretty_printed_frames_without_blank_lines():
    out = sse(b'data: {\ndata: "a": 1\ndata: }\ndata: {\ndata: "b": 2\ndata: }\n\n')
    assert payloads(out) == [b'{\n"a": 1\n}', b'{\n"b": 2\n}']


def test_a13_documents_that_only_the_standard_library_reads():
    out = sse(b'data: {"a":NaN}\ndata: {"a":"\\ud83d"}\ndata: {}\n\n')
    assert payloads(out) == [b'{"a":NaN}', b'{"a":"\\ud83d"}', b"{}"]


def test_a13_an_empty_data_line_is_part_of_its_frame():
    out = sse(b'data: {"a":1}\ndata:\n\n')
    assert payloads(out) == [b'{"a":1}\n']
    assert quirks(out) == []


def test_a14_a_bare_payload_between_frames():
    out = sse(b'data: {"a":1}\n\n{"error":{"message":"x"}}\n\n[DONE]\n')
    assert frames(out) == [
        Frame(b'{"a":1}', "", 0),
        Frame(b'{"error":{"message":"x"}}', "", 15),
        Frame(b"[DONE]", "", 42),
    ]
    assert quirks(out) == ["unprefixed_payload"] * 2


def test_a14_a_bare_payload_keeps_the_name_before_it():
    assert frames(sse(b'event: error\n{"message":"x"}\n\ndata: 1\n\n')) == [
        Frame(b'{"message":"x"}', "error", 0),
        Frame(b"1", "", 30),
    ]


def test_a26_the_name_is_passed_on_as_it_is():
    assert frames(sse(b"event: vertex_event\ndata: {}\n\n"))[0].event == "vertex_event"


def test_a28_ids_and_retries_dispatch_nothing():
    out = sse(b"id: 42\nretry: 3000\n\n: c\n\n\ndata: 1\n\nid: 43\ndata: 2\n\ndata: 3\n\nid\ndata: 4\n\n")
    assert quirks(out) == []
    assert [(f.data, f.id, f.retry) for f in frames(out)] == [
        (b"1", "42", 3000),
        (b"2", "43", None),
        (b"3", "43", None),
        (b"4", "", None),
    ]


def test_a28_ids_with_nul_and_retries_that_are_no_numbers_are_ignored():
    out = frames(sse(b"id: a\x00b\nretry: 3s\nretry: -1\nretry: " + b"9" * 5000 + b"\ndata: 1\n\n"))
    assert (out[0].id, out[0].retry) == (None, None)


def test_a34_stray_lines_are_ignored_and_named_once_a_run():
    out = sse(b"1a4\r\ndata: 1\n\n0\nfoo: bar\n\ndata: 2\n\n")
    assert [(f.data, f.offset) for f in frames(out)] == [(b"1", 5), (b"2", 26)]
    assert quirks(out) == ["stray_line", "stray_line"]
    assert [q.detail for q in out if hasattr(q, "quirk")] == ["1a4", "0\\nfoo: bar"]


def test_a34_no_more_than_forty_characters_are_shown():
    out = sse(b"x" * 500 + b"\ndata: 1\n\n")
    assert out[0].detail == "x" * 40


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_g26_a_stray_tail_is_shown(end):
    out = sse(b"data: 1\n\nupstream error: read ECONNRESET" + end)
    assert payloads(out) == [b"1"]
    assert quirks(out) == ["stray_line"]
    assert out[-1].data == {"tail": "upstream error: read ECONNRESET", "lines": 1, "code": "upstream_cut"}


def test_g26_other_words_at_the_end_have_no_code():
    assert sse(b"data: 1\n\nbye\nnow")[-1].data == {"tail": "bye\nnow", "lines": 2}


def test_g26_a_long_tail_is_cut():
    assert sse(b"data: 1\n\n" + "ü".encode() * 900)[-1].data["tail"] == "ü" * 200


def test_more_names_than_are_remembered():
    body = b"".join(b"event: e%d\ndata: %d\n\n" % (n, n) for n in range(600)) * 2
    assert [(f.event, f.data) for f in frames(sse(body))] == [(f"e{n}", b"%d" % n) for n in range(600)] * 2


def test_a_very_long_name():
    assert frames(sse(b"data: 0\n\nevent: " + b"n" * 200 + b"\ndata: 1\n\n"))[1].event == "n" * 200


# limits


def test_j06_a_line_beyond_the_limit_ends_the_stream_behind_what_came_before():
    def make():
        return SSEFramer(Limits(line=40))

    out = read(make, b"data: 1\n\ndata: " + b"x" * 34 + b"\n\ndata: " + b"y" * 35 + b"\n\ndata: 2\n\n")
    assert payloads(out) == [b"1", b"x" * 34]
    error = out[-1].error
    assert isinstance(out[-1], Halt)
    assert (error.kind, error.code, error.limit, error.size, error.offset) == (
        "limit",
        "limit_exceeded",
        "line",
        41,
        51,
    )


def test_j06_a_frame_beyond_the_limit():
    out = read(
        lambda: SSEFramer(Limits(frame=9)), b"data: 123\n\ndata: 1234\ndata: 5678\n\ndata: 1234\ndata: 56789\n\n"
    )
    assert payloads(out) == [b"123", b"1234\n5678"]
    assert (out[-1].error.limit, out[-1].error.size) == ("frame", 10)


def test_nothing_is_read_behind_a_limit():
    framer = SSEFramer(Limits(line=10))
    assert isinstance(framer.feed(b"data: 1234567890")[-1], Halt)
    assert framer.feed(b"\n\ndata: 1\n\n") == []
    assert framer.close() == []


@pytest.mark.parametrize("form", ["one line", "two reads a line", "many lines", "pretty", "comments"])
def test_j07_work_is_linear(form):
    def reading(size):
        body = {
            "one line": b'data: {"x":"' + b"a" * size,
            "two reads a line": b'data:{"x":"' + b"a" * size,
            "many lines": b"data: aaaaaaaaaaaaaaa\n" * (size // 22),
            "pretty": b"data: {\n" + b'data: "a": {"b": 1},\ndata: "c": {\ndata: },\n' * (size // 45),
            "comments": b": aaaaaaaaaa\n\n" * (size // 14),
        }[form]
        chunks = pieces(body, 1000)
        return lambda: through(SSEFramer(), chunks)

    held_linear(reading, n=10_000)


# properties

LINES = st.sampled_from(
    [
        b"",
        b"",
        b"data: a",
        b"data: b c: d",
        b"data:x",
        b"data:  y",
        b"data:",
        b"data",
        b'data: {"a":1}',
        b"data: {",
        b"data: }",
        b"data: [DONE]",
        b"event: one",
        b"event:two",
        b"event",
        b": comment",
        b":",
        b"id: 7",
        b"id",
        b"retry: 10",
        b"other: z",
        b"junk",
        b'{"bare":1}',
        "data: ü\u2028".encode(),
        b"\xef\xbb\xbfdata: bom",
        b" data: spaced",
    ]
)
ENDS = st.sampled_from([b"\n", b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\r"])
BODIES = st.lists(st.tuples(LINES, ENDS), max_size=14).map(lambda rows: b"".join(a + b for a, b in rows))


@st.composite
def cut_bodies(draw, bodies=BODIES):
    body = draw(bodies) + draw(st.sampled_from([b"", b"data: {", b"da", b"data: {}"]))
    if draw(st.booleans()):
        return body, blocks(body)
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=6)))
    return body, [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]


@given(cut_bodies())
@example((b"data: a\r\n\r\ndata: b\n\n", [b"data: a\r", b"\n\r\ndata: b\n\n"]))
def test_a22_any_chunking_gives_the_same(case):
    body, chunks = case
    whole = through(SSEFramer(), [body])
    assert through(SSEFramer(), chunks) == whole
    assert through(SSEFramer(), pieces(body, 1)) == whole


@given(cut_bodies())
def test_the_quick_reader_says_what_the_careful_one_says(case):
    body, chunks = case
    assert through(SSEFramer(), [b"data: 0\n\n", *chunks]) == through(LineReader(), [b"data: 0\n\n" + body])


@given(cut_bodies(), st.integers(1, 30), st.integers(1, 30))
def test_a22_limits_too(case, line, frame):
    body, chunks = case
    limits = Limits(line=line, frame=frame)
    assert through(SSEFramer(limits), chunks) == through(SSEFramer(limits), [body])


@given(st.binary(max_size=300))
def test_no_bytes_raise(body):
    through(SSEFramer(), [body])


WORDS = st.sampled_from(["", "a", "b c", " d", "e:f", "ü", "12", "data: x"])
NAMES = st.sampled_from(["data", "data", "data", "event", "id", "retry", "", "unknown"])
FIELD_LINES = st.tuples(NAMES, st.sampled_from([":", ": "]), WORDS).map("".join)


@given(st.lists(st.one_of(st.just(""), FIELD_LINES), max_size=20), st.sampled_from(["\n", "\r\n", "\r"]))
def test_httpx_sse_agrees(lines, end):
    # Where it differs by design, and what is left out here for it: httpx-sse dispatches frames without data if they
    # have a name, an id or a retry, and gives a retry only to its own frame (here: to the next frame with data).
    # It has none of the tolerances: no bare payloads, no frames without blank lines, no last frame without its end.
    body = (end.join(lines) + end + end).encode()
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)
    theirs = [(e.event, e.data, e.id) for e in httpx_sse.EventSource(response).iter_sse() if e.data]
    ours = [(f.event or "message", f.data.decode(), f.id or "") for f in frames(through(SSEFramer(), [body])) if f.data]
    assert ours == theirs


def test_a13_lines_that_open_and_close_without_end_are_not_read_again_for_each():
    def prepare(n):
        framer = SSEFramer()
        return lambda: framer.feed(b"data: {]\n" + b"data: [[]\n" * n)

    held_linear(prepare)

import json
import subprocess
import sys
import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NonInteractiveExampleWarning

import streamkit
from streamkit.testing.encoders.writing import Style
from streamkit.testing.outcome import differences, told
from streamkit.testing.quirky import places, planted, quirks_of
from streamkit.testing.server import PlaybackServer
from streamkit.testing.strategies import chunkings, cuts, events, pauses, quirky, responses, transcripts, wires
from streamkit.testing.transcripts import Call, Message, Reasoning, Refusal, Transcript
from streamkit.testing.wires import DIALECTS, wire

FEW = settings(max_examples=25, deadline=None, database=None, derandomize=True)


def smallest(strategy, condition, examples=400, *, shrunk=True):
    """The least example that hypothesis finds, as its own `find` would, without a database."""
    found = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if shrunk else [Phase.generate],
    )
    @given(strategy)
    def search(value):
        if condition(value):
            found.append(value)
            raise LookupError

    with pytest.raises(LookupError):
        search()
    return found[-1]


def some(strategy, condition):
    """Any example of which the condition is true: shrinking takes most of the time."""
    return smallest(strategy, condition, shrunk=False)


# what each dialect's documents say, by hand


def test_a_chat_answer_on_the_wire():
    transcript = Transcript(
        response_id="r",
        model="m",
        output=(Reasoning(("Hm",)), Message(("Hé",)), Call("call_1", "look", ('{"a":', "1}"))),
        finish="tool_calls",
    )
    frames = wire(transcript, "chat", Style(escaped=True)).frames
    deltas = [json.loads(frame[6:])["choices"][0]["delta"] for frame in frames[:-1]]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Hm"},
        {"content": "Hé"},
        {
            "tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]},
        {},
    ]
    assert rb"H\u00e9" in frames[2]
    assert frames[-1] == b"data: [DONE]\n\n"


def test_a_responses_answer_on_the_wire():
    transcript = Transcript(output=(Refusal(("No", ".")),), finish="refusal")
    payloads = [json.loads(frame.split(b"data: ")[1]) for frame in wire(transcript, "responses").frames]
    assert [payload["type"].removeprefix("response.") for payload in payloads] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "refusal.delta",
        "refusal.delta",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert [payload["sequence_number"] for payload in payloads] == list(range(10))
    assert payloads[-1]["response"]["output"] == [payloads[-2]["item"]]
    assert payloads[2]["item"]["content"] == []


def entry(token, logprob):
    return {"token": token, "logprob": logprob, "bytes": list(token.encode()), "top_logprobs": []}


def test_log_probabilities_on_the_wire_of_chat():
    transcript = Transcript(output=(Message(("Hé", "y"), (-0.5, -1.25)),))
    payloads = [json.loads(frame[6:]) for frame in wire(transcript, "chat").frames[:-1]]
    choices = [payload["choices"][0] for payload in payloads]
    assert [(choice["delta"].get("content"), choice.get("logprobs")) for choice in choices] == [
        ("", {"content": [], "refusal": None}),
        ("Hé", {"content": [entry("Hé", -0.5)], "refusal": None}),
        ("y", {"content": [entry("y", -1.25)], "refusal": None}),
        (None, None),
    ]
    refused = wire(Transcript(output=(Refusal(("No",), (-2.0,)),), finish="refusal"), "chat")
    assert b'"logprobs":{"content":null,"refusal":[{"token":"No",' in refused.frames[1]
    assert b"logprobs" not in wire(Transcript(output=(Message(("a",)),)), "chat").data


def test_log_probabilities_on_the_wire_of_responses():
    transcript = Transcript(output=(Message(("Hé", "y"), (-0.5, -1.25)),))
    frames = wire(transcript, "responses").frames
    payloads = {frame.split(b"data: ")[0]: json.loads(frame.split(b"data: ")[1]) for frame in frames}
    both = [entry("Hé", -0.5), entry("y", -1.25)]
    assert payloads[b"event: response.output_text.delta\n"]["logprobs"] == both[1:]
    assert payloads[b"event: response.output_text.done\n"]["logprobs"] == both
    assert payloads[b"event: response.content_part.added\n"]["part"]["logprobs"] == []
    assert payloads[b"event: response.content_part.done\n"]["part"]["logprobs"] == both
    assert payloads[b"event: response.output_item.done\n"]["item"]["content"][0]["logprobs"] == both


@pytest.mark.parametrize("dialect", ["chat", "responses"])
def test_log_probabilities_come_back_as_they_were_written(dialect):
    healthy = wire(Transcript(output=(Message(("Hé", "y", "!"), (-0.5, -1.25, 0.0)),)), dialect)
    response = streamkit.assemble(healthy.data, dialect)
    assert response.items[0].logprobs == (entry("Hé", -0.5), entry("y", -1.25), entry("!", 0.0))
    assert (differences(response, healthy.expected), response.quirks) == ({}, ())
    assert healthy.expected["logprobs"] == list(response.items[0].logprobs)
    bare = wire(Transcript(output=(Message(("Hé", "y", "!")),)), dialect)
    assert "logprobs" in differences(streamkit.assemble(bare.data, dialect), healthy.expected)


def test_log_probabilities_that_a_dialect_cannot_say_are_not_promised():
    told = Message(("Hi",), (-0.5,))
    assert "logprobs" not in wire(Transcript(output=(told,)), "gemini").expected
    refused = Transcript(output=(Refusal(("No",), (-0.5,)),), finish="refusal")
    assert "logprobs" in wire(refused, "chat").expected
    assert "logprobs" not in wire(refused, "responses").expected


def test_what_may_change_the_text_may_change_its_log_probabilities():
    healthy = wire(Transcript(output=(Message(("Hi",), (-0.5,)),)), "chat")
    (quirk,) = quirks_of("chat", ["eof_partial"])
    assert "logprobs" not in planted(healthy, places(healthy, quirk)).expected


def test_an_anthropic_answer_on_the_wire():
    transcript = Transcript(output=(Message(("Hi",)), Call("call_1", "now", ("{}",))), finish="tool_calls")
    frames = wire(transcript, "anthropic", Style(newline="\r\n")).frames
    payloads = [json.loads(frame.split(b"data: ")[1]) for frame in frames]
    assert [(payload["type"], payload.get("index")) for payload in payloads] == [
        ("message_start", None),
        ("ping", None),
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert payloads[6]["delta"] == {"type": "input_json_delta", "partial_json": ""}
    assert frames[1] == b'event: ping\r\ndata: {"type":"ping"}\r\n\r\n'


def test_a_transcript_knows_what_must_come_of_it():
    transcript = Transcript(output=(Message(("a", "b")), Call("c1", "look", ('{"a":1}',))), finish="tool_calls")
    expected = wire(transcript, "chat").expected
    assert expected["text"] == "ab"
    assert expected["tool_calls"] == [{"name": "look", "arguments": '{"a":1}', "call_id": "c1"}]
    assert wire(transcript, "gemini").expected["tool_calls"] == [{"name": "look", "arguments": {"a": 1}}]


def test_an_unknown_dialect_is_refused():
    with pytest.raises(streamkit.UnknownDialect):
        wires("klingon")
    with pytest.raises(streamkit.UnknownDialect):
        wire(Transcript(), "klingon")


# comparing


def test_differences_are_told():
    healthy = wire(Transcript(output=(Message(("Hi",)),)), "chat")
    response = streamkit.assemble(healthy.data, "chat")
    assert differences(response, healthy.expected) == {}
    assert differences(response, {"text": "Ho", "status": "completed"}) == {"text": ("Ho", "Hi")}
    assert differences(response, {"tool_calls": [{"name": "look"}]}) == {"tool_calls": ([{"name": "look"}], [])}
    assert told(response, {"items": [], "choices": [], "usage": {"input_tokens": 1}}) == {
        "items": ["message"],
        "choices": [],
        "usage": None,
    }
    failed = streamkit.assemble(b'data: {"error":{"message":"m","code":"c"}}\n\n', "chat", on_error="event")
    assert told(failed, {"error": {"code": "c"}}) == {"error": {"code": "c"}}


# drawing


@pytest.mark.parametrize("dialect", DIALECTS)
def test_wires_are_read_as_they_were_meant(dialect):
    @FEW
    @given(wires(dialect))
    def check(healthy):
        assert healthy.dialect == dialect
        assert b"".join(healthy.frames) == healthy.data
        assert differences(streamkit.assemble(healthy.data, dialect), healthy.expected) == {}

    check()


def test_a_transcript_holds_everything_sometimes():
    for kind in (Message, Reasoning, Refusal, Call):
        some(transcripts(), lambda value, kind=kind: any(isinstance(part, kind) for part in value.output))
    some(transcripts(), lambda value: len(value.calls) > 1)
    some(transcripts(), lambda value: value.usage is not None)
    some(transcripts(), lambda value: value.finish == "length" and value.calls)
    for dialect in ("responses", "chat"):
        some(wires(dialect), lambda value: "logprobs" in value.expected)


def test_answers_shrink_to_one_short_piece():
    least = smallest(wires("chat"), lambda value: "a" in value.transcript.text)
    assert least.transcript.output == (Message(("a",)),)
    assert least.transcript.usage is None


def test_damage_shrinks_to_the_one_fault_that_matters():
    def lost_its_end(value):
        return b"[DONE]" not in value.data and value.faults

    least = smallest(quirky("chat", most=4), lost_its_end)
    assert len(least.faults) == 1
    assert least.faults[0].place == 0


def test_where_damage_does_not_matter_there_is_none():
    assert smallest(quirky("chat", most=4), lambda value: "a" in value.wire.transcript.text).faults == ()


def test_only_the_quirks_that_were_asked_for_are_planted():
    @FEW
    @given(quirky("chat", quirks=["tool_index_missing", "end_marker_missing"], least=1, most=2))
    def check(value):
        assert set(value.quirks) <= {"tool_index_missing", "end_marker_missing"}
        assert value.quirks

    check()


def test_what_no_server_is_known_to_send_is_planted_only_when_asked_for():
    def unheard_of(value):
        return any(not quirk.known("chat") for quirk in quirks_of("chat", value.quirks))

    assert some(quirky("chat", known=False), unheard_of)
    assert some(quirky("chat", quirks=["worker_frames"]), unheard_of).quirks == ("worker_frames",)

    @FEW
    @given(quirky("chat", least=1))
    def check(value):
        assert not unheard_of(value)

    check()


def test_planted_quirks_are_seen_and_the_answer_is_as_promised():
    healthy = wire(Transcript(output=(Message(("Hi",)),)), "chat")
    (quirk,) = quirks_of("chat", ["end_marker_missing"])
    value = planted(healthy, places(healthy, quirk))
    response = streamkit.assemble(value.data, "chat")
    assert [seen.id for seen in response.quirks] == ["end_marker_missing"]
    assert value.expected == healthy.expected
    assert differences(response, value.expected) == {}


def test_what_a_quirk_may_change_is_not_promised():
    healthy = wire(Transcript(output=(Message(("Hi",)),)), "chat")
    (quirk,) = quirks_of("chat", ["eof_partial"])
    value = planted(healthy, places(healthy, quirk))
    assert "status" not in value.expected
    assert "text" not in value.expected


def test_where_faults_meet_nothing_is_promised_and_overlapping_ones_are_left_out():
    calls = Transcript(output=(Call("c", "look", ('{"a":1}',)),), finish="tool_calls")
    healthy = wire(calls, "chat")
    index, marker, whole = quirks_of("chat", ["tool_index_missing", "end_marker_missing", "compressed"])
    both = planted(healthy, [*places(healthy, index), *places(healthy, marker)])
    assert len(both.faults) == 2
    assert both.expected == {}
    assert len(planted(healthy, [*places(healthy, index), *places(healthy, index)]).faults) == 1
    assert len(planted(healthy, [*places(healthy, whole), *places(healthy, marker)]).faults) == 1
    with pytest.raises(KeyError):
        quirks_of("chat", ["nonsense"])


@given(st.binary(max_size=60), st.data())
@FEW
def test_chunkings_and_cuts_are_of_the_same_bytes(body, data):
    chunks = data.draw(chunkings(body))
    assert b"".join(chunks) == body
    assert all(chunks)
    assert body.startswith(data.draw(cuts(body)))


def test_chunkings_and_cuts_shrink_to_the_whole():
    assert smallest(chunkings(b"abcdef"), lambda _: True) == [b"abcdef"]
    assert smallest(chunkings(b"abcdef"), lambda value: b"cd" in value) == [b"ab", b"cd", b"ef"]
    assert smallest(cuts(b"abcdef"), lambda _: True) == b"abcdef"
    assert smallest(cuts(b"abcdef"), lambda value: b"e" not in value) == b"abcd"


def test_pauses_are_bounded_and_shrink_to_none():
    assert smallest(pauses(), lambda _: True) == ()
    assert max(smallest(pauses(2.5), lambda value: any(wait > 1 for wait in value))) == 2.5


def test_wires_and_damaged_wires_can_be_played():
    healthy = wire(Transcript(output=(Message(("Hi",)),)), "ollama")
    (quirk,) = quirks_of("ollama", ["eof_flush"])
    damaged = planted(healthy, places(healthy, quirk))
    with PlaybackServer() as server:
        for answer in (healthy, damaged):
            server.play(answer)
            done = subprocess.run(
                [
                    sys.executable,
                    "-c",
                    f"import urllib.request as u; print(u.urlopen({server.url!r}, b'').read().decode())",
                ],
                capture_output=True,
                text=True,
                check=True,
            )
            assert done.stdout.strip() == answer.data.decode().strip()
    assert damaged.playback().content_type == "application/x-ndjson"


# types


def test_responses_and_events_are_drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        assert isinstance(responses("chat").example(), streamkit.Response)
        assert isinstance(events().example(), streamkit.Event)


@pytest.mark.parametrize("first", ["hypothesis", "streamkit.testing.hypothesis_entry"])
def test_hypothesis_knows_the_types_once_the_entry_point_has_run(first):
    code = f"""
import {first}
import streamkit, warnings
from hypothesis import strategies as st
from streamkit.testing.hypothesis_entry import register
register()
warnings.simplefilter("ignore")
assert st.from_type(streamkit.Response).example().status in ("completed", "incomplete")
assert isinstance(st.from_type(streamkit.Event).example(), streamkit.Event)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")

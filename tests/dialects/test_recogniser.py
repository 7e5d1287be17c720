"""Which dialect is it? Small dialects made up here: a frame is a word, a dialect knows some words."""

import json

import pytest

import streamkit
from streamkit.dialects.base import CERTAIN, LIKELY, NO, POSSIBLE, DecoderOptions, Dialect
from streamkit.dialects.recogniser import WATCHED, Recogniser
from streamkit.events import QuirkSeen, TextDelta
from streamkit.evidence import Halt, Handover, Rerouted
from streamkit.frames import Frame
from streamkit.limits import Limits
from streamkit.pipeline import Pipeline


def spoken(name, **scores):
    """A dialect that knows these words, and whose decoder says its own name before each."""

    class Decoder:
        handles = (Frame,)

        def __init__(self, options):
            self.options = options

        def feed(self, frame):
            return (TextDelta(text=f"{name}:{frame.data.decode()}"),)

        def close(self):
            return (TextDelta(text=f"{name} closed"),)

    def recognise(frame):
        return scores.get(frame.data.decode("utf-8", "replace"), NO)

    return Dialect(name=name, title=name, framing="sse", decoder=Decoder, recognise=recognise)


NORTH = spoken("north", both=POSSIBLE, hint=LIKELY, north=CERTAIN, twin=CERTAIN)
SOUTH = spoken("south", both=POSSIBLE, south=CERTAIN, twin=CERTAIN)
WEST = spoken("west", west=CERTAIN)
LIMITS = Limits(held=4)


class Run:
    """A recogniser in a pipeline, fed words."""

    def __init__(self, *words, expected=None, dialects=(NORTH, SOUTH, WEST)):
        self.chosen = []
        self.asked = 0

        def candidates():
            self.asked += 1
            return dialects

        recogniser = Recogniser(expected, candidates, DecoderOptions(limits=LIMITS), self.chosen.append)
        self.pipeline = Pipeline(recogniser)
        self.log = []
        for word in words:
            self.log += self.pipeline.feed(Frame(word.encode(), offset=7))

    def closed(self):
        self.log += self.pipeline.close()
        return self

    @property
    def texts(self):
        return [event.text for event in self.log if isinstance(event, TextDelta)]

    @property
    def names(self):
        return [dialect.name for dialect in self.chosen]


@pytest.mark.parametrize(("word", "name"), [("north", "north"), ("south", "south"), ("hint", "north")])
def test_one_telling_frame_is_enough(word, name):
    run = Run(word, "more")
    assert (run.names, run.texts) == ([name], [f"{name}:{word}", f"{name}:more"])


def test_frames_are_held_until_it_is_clear_and_then_all_are_read():
    run = Run("both", "strange")
    assert (run.names, run.texts) == ([], [])
    run = Run("both", "strange", "south", "more")
    assert (run.names, run.texts) == (["south"], ["south:both", "south:strange", "south:south", "south:more"])


def test_a_possible_dialect_is_chosen_at_the_end_where_it_alone_fits():
    run = Run("both", dialects=(NORTH, WEST)).closed()
    assert (run.names, run.texts) == (["north"], ["north:both", "north closed"])


def test_two_that_fit_are_named_and_none_is_guessed():
    run = Run("both").closed()
    error = run.pipeline.halted
    assert (error.kind, error.code, error.offset) == ("wire", "unknown_dialect", 7)
    assert "north and south" in error.message
    assert (run.names, run.texts) == ([], [])


def test_two_that_are_both_certain_are_named_too():
    assert "north and south" in Run("twin").closed().pipeline.halted.message


def test_none_that_fits_says_what_the_first_frame_was():
    run = Run("str\x1bange").closed()
    assert "no known dialect" in run.pipeline.halted.message
    assert r"str\x1bange" in run.pipeline.halted.message


def test_no_more_frames_are_held_than_the_limit_says():
    run = Run(*["strange"] * LIMITS.held)
    assert run.pipeline.halted is not None
    assert Run(*["strange"] * (LIMITS.held - 1)).pipeline.halted is None


def test_nothing_at_all_is_no_error_of_recognition():
    assert Run().closed().log == []


def test_the_decoder_takes_the_place():
    run = Run("north")
    assert not any(isinstance(stage, Recogniser) for stage in run.pipeline.stages)
    assert run.pipeline.stages[0].options == DecoderOptions(limits=LIMITS)


# with an expected dialect


def test_an_expected_dialect_is_known_before_the_first_frame():
    run = Run(expected=NORTH)
    assert (run.names, run.asked) == (["north"], 0)


def test_the_expected_dialect_reads_what_it_likes_and_what_nobody_knows():
    run = Run("strange", "both", "north", "more", expected=NORTH).closed()
    assert run.texts == ["north:strange", "north:both", "north:north", "north:more", "north closed"]
    assert run.names == ["north"]


def test_a_certain_frame_of_another_dialect_changes_it_a29():
    run = Run("strange", "south", "more", expected=NORTH).closed()
    assert run.names == ["north", "south"]
    assert run.texts == ["north:strange", "south:south", "south:more", "south closed"]
    [quirk] = [event for event in run.log if isinstance(event, QuirkSeen)]
    assert (quirk.quirk, quirk.detail) == ("dialect_mismatch", "north was expected, the frames are south")


def test_a_frame_that_several_others_claim_changes_nothing():
    run = Run("twin", expected=WEST)
    assert (run.names, run.texts) == (["west"], ["west:twin"])


def test_a_frame_that_the_expected_dialect_could_have_said_changes_nothing():
    polite = spoken("polite", south=POSSIBLE)
    assert Run("south", expected=polite).names == ["polite"]


def test_once_the_expected_dialect_has_spoken_nothing_is_watched():
    run = Run("north", "south", expected=NORTH)
    assert (run.names, run.texts, run.asked) == (["north"], ["north:north", "north:south"], 0)


def test_after_some_frames_an_expected_dialect_is_taken_for_granted():
    run = Run(*["strange"] * (WATCHED + 1), "south", expected=NORTH)
    assert run.names == ["north"]
    assert not any(isinstance(stage, Recogniser) for stage in run.pipeline.stages)


def test_the_notices_are_for_the_pipeline_alone():
    direct = Recogniser(None, lambda: (NORTH,), DecoderOptions(limits=LIMITS), lambda _: None)
    told = list(direct.feed(Frame(b"north")))
    assert [type(each) for each in told] == [Rerouted, Handover, TextDelta]
    lost = Recogniser(None, lambda: (NORTH,), DecoderOptions(limits=Limits(held=1)), lambda _: None)
    assert [type(event) for event in lost.feed(Frame(b"strange"))] == [Halt]
    assert Run("north").log == Run("north").log


def test_no_more_bytes_are_held_than_a_frame_may_have():
    limits = Limits(held=100, frame=20)
    pipeline = Pipeline(Recogniser(None, lambda: (NORTH, SOUTH), DecoderOptions(limits=limits), lambda _: None))
    pipeline.feed(Frame(b"strange" * 2))
    assert pipeline.halted is None
    pipeline.feed(Frame(b"strange"))
    assert pipeline.halted is not None


# real dialects, dressed oddly


CHAT_FRAMES = [
    {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": "h"}}]},
    {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": {"content": "i"}}]},
    {"id": "c1", "object": "chat.completion.chunk", "model": "m",
     "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("dressed", "noted"),
    [
        (lambda text: f"data: {text}", "double_prefix"),
        (lambda text: f"[{text}]", "non_object_data"),
        (json.dumps, "payload_double_encoded"),
        (lambda text: f'{{"success":true,"data":{text}}}', "envelope"),
        (lambda text: f'{text}{{"choices":[]}}', "joined_json"),
    ],
)
def test_what_layers_did_to_a_payload_hides_no_dialect_a15_a24_a32_a33(dressed, noted):
    frames = [f"data: {dressed(json.dumps(payload))}\n\n".encode() for payload in CHAT_FRAMES]
    taken = []

    def chunks():
        for chunk in (*frames, b"data: [DONE]\n\n"):
            taken.append(chunk)
            yield chunk

    log = streamkit.iter_events(chunks())
    first = next(log)
    assert isinstance(first, streamkit.ResponseStarted)
    assert (first.dialect, len(taken)) == ("chat", 1)
    response = streamkit.Response.from_events([first, *log])
    assert (response.text, response.finish_reason) == ("hi", "stop")
    assert [quirk.id for quirk in response.quirks] == [noted]

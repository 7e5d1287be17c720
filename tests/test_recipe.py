import pytest

import streamkit
from streamkit.dialects.table import dialect_named
from streamkit.limits import Limits
from streamkit.recipe import standard
from streamkit.stages.sequencer import Sequencer
from streamkit.stages.think_tags import ThinkTags


class Mine:
    def feed(self, event):
        return (event,)

    def close(self):
        return ()


def names(pipeline):
    return [type(stage).__name__ for stage in pipeline.stages]


def test_the_stages_stand_in_the_order_of_the_design():
    assert names(standard("chat")) == [
        "AnyFramer",
        "Recogniser",
        "WholeCharacters",
        "CumulativeWatch",
        "Sequencer",
        "ThinkTags",
        "LeakedMarkup",
        "CallFragments",
        "Ledger",
        "ToolCalls",
        "Assembler",
    ]


def test_options_add_their_stages_and_yours_come_last():
    pipeline = standard("chat", Mine(), watchdog=streamkit.Watchdog(), strict=True)
    front = ["AnyFramer", "Recogniser", "WholeCharacters", "CumulativeWatch", "Watchdog", "Sequencer"]
    middle = ["ThinkTags", "LeakedMarkup", "CallFragments"]
    assert names(pipeline) == [*front, *middle, "Ledger", "ToolCalls", "Strict", "Mine", "Assembler"]


def test_a_watchdog_and_a_strict_stage_are_renewed():
    watchdog, strict = streamkit.Watchdog(idle=3), streamkit.Strict(refuse=("lossy",), allow=("empty_data",))
    stages = standard("chat", watchdog=watchdog, strict=strict).stages
    assert strict not in stages
    assert watchdog not in stages
    [renewed] = [stage for stage in stages if isinstance(stage, streamkit.Watchdog)]
    assert renewed.idle == 3
    [fresh] = [stage for stage in stages if isinstance(stage, streamkit.Strict)]
    assert (fresh.refuse, fresh.allow) == ({"lossy"}, {"empty_data"})


class Lenient(streamkit.Strict):
    def __init__(self, mood):
        super().__init__()
        self.mood = mood


@pytest.mark.parametrize("strict", [streamkit.Strict(), Lenient("good")])
def test_what_one_stream_was_refused_for_is_nothing_to_the_next(strict):
    healthy = b'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    with pytest.raises(streamkit.QuirkRefused):
        streamkit.assemble(healthy.removesuffix(b"data: [DONE]\n\n") + b"data: {\n\n", "chat", strict=strict)
    assert streamkit.assemble(healthy, "chat", strict=strict).text == "a"


@pytest.mark.parametrize("dialect", ["chat", dialect_named("chat")])
def test_a_dialect_by_name_or_itself(dialect):
    assert streamkit.assemble(b"data: [DONE]\n\n", dialect, on_error="event").dialect == "chat"


@pytest.mark.parametrize("dialect", [None, "auto"])
def test_no_dialect_is_known_at_first(dialect):
    pipeline = standard(dialect)
    assert "Recogniser" in names(pipeline)
    pipeline.feed(b'data: {"type":"response.created","response":{"id":"r1"}}\n\n')
    assert "ResponsesDecoder" in names(pipeline)


def test_an_unknown_dialect_is_the_callers_fault():
    with pytest.raises(streamkit.UnknownDialect, match="klingon"):
        standard("klingon")


@pytest.mark.parametrize("dialect", ["responses", "chat", "gemini", "cohere"])
def test_stages_that_a_dialect_has_no_use_for_are_passed_by(dialect):
    known = dialect_named(dialect)
    stages = {type(stage): stage for stage in standard(dialect).stages}
    assert (stages[Sequencer].handles != ()) is known.sequenced is (dialect == "responses")
    assert (stages[ThinkTags].handles != ()) is known.think_tags


def test_limits_reach_framing_and_ledger():
    body = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 50 + b'"}}]}\n\n'
    for limits in (Limits(line=20), Limits(text=20)):
        with pytest.raises(streamkit.LimitExceeded):
            streamkit.assemble(body, "chat", limits=limits)


def test_the_charset_reaches_the_framing_j14():
    body = 'data: {"choices":[{"index":0,"delta":{"content":"é"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    assert streamkit.assemble(body.encode("latin-1"), "chat", charset="latin-1").text == "é"


def test_names_of_tools_reach_the_call_tracker_d39():
    delta = '{"tool_calls":[{"index":0,"id":"c","function":{"name":"functions.look","arguments":"{}"}}]}'
    body = (
        f'data: {{"choices":[{{"index":0,"delta":{delta},"finish_reason":"tool_calls"}}]}}\n\ndata: [DONE]\n\n'
    ).encode()
    assert streamkit.assemble(body, "chat", tools={"look"}).tool_calls[0].name == "look"

import pytest

from streamkit.errors import UsageError
from streamkit.events import (
    ItemFinished,
    ItemStarted,
    KeepAlive,
    QuirkSeen,
    ResponseFinished,
    ResponseStarted,
    StreamEnded,
    TextDelta,
    ToolCallDropped,
)
from streamkit.evidence import Halt
from streamkit.items import ToolCall
from streamkit.stages.strict import Strict


def run(stage, *events):
    return [out for event in events for out in stage.feed(event)] + list(stage.close())


def seen(effect, name="odd"):
    return QuirkSeen(quirk=name, effect=effect, detail="here")


@pytest.mark.parametrize("effect", ["guessed", "lossy", "repaired"])
def test_refused_effects_halt(effect):
    quirk, halt = run(Strict(), seen(effect))
    assert quirk == seen(effect)
    assert isinstance(halt, Halt)
    assert (halt.error.kind, halt.error.code, halt.error.quirk) == ("quirk", "quirk_refused", "odd")
    assert all(word in halt.error.message for word in ("odd", effect, "here", "allow"))


def test_harmless_deviations_pass():
    events = [ResponseStarted(), seen("harmless"), TextDelta(text="a")]
    assert run(Strict(), *events) == events


def test_nothing_behind_the_halt_comes_through():
    behind = [TextDelta(text="a"), KeepAlive(), seen("lossy"), ResponseFinished(finish_reason="stop")]
    out = run(Strict(), seen("lossy"), *behind)
    assert [type(event) for event in out] == [QuirkSeen, Halt]


def test_what_had_begun_is_ended_for_the_sake_of_the_grammar():
    call = ToolCall(call_id="c", name="ls", arguments="{", state="truncated")
    begun = ItemStarted(type="function_call", item_id="a")
    ends = [ItemFinished(item_id="a"), ToolCallDropped(item_id="a", call=call), StreamEnded(ending="refused")]
    others = [ItemStarted(type="message", item_id="b"), ItemFinished(item_id="b")]
    assert run(Strict(), begun, seen("lossy"), *others, *ends)[3:] == ends


@pytest.mark.parametrize("given", ["lossy", b"lossy", None, 5, [None], ({},)])
@pytest.mark.parametrize("name", ["refuse", "allow"])
def test_names_that_are_none_are_refused(name, given):
    with pytest.raises(UsageError, match=name):
        Strict(**{name: given})


def test_ids_weigh_more_than_effects():
    assert len(run(Strict(allow=("odd",)), seen("lossy"))) == 1
    assert len(run(Strict(refuse=("odd",)), seen("harmless"))) == 2
    assert len(run(Strict(refuse=("odd",), allow=("harmless",)), seen("harmless"))) == 2
    assert len(run(Strict(allow=("lossy",)), seen("lossy"))) == 1
    assert len(run(Strict(refuse=("odd",)), seen("lossy", "other"))) == 1

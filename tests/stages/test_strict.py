import subprocess
import sys
from pathlib import Path

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
from streamkit.quirks.registry import REGISTRY, quirk
from streamkit.stages.strict import Strict


def run(stage, *events):
    return [out for event in events for out in stage.feed(event)] + list(stage.close())


def seen(effect, name="odd"):
    return QuirkSeen(quirk=name, effect=effect, detail="here")


@pytest.fixture
def odd():
    """A quirk of a user's own."""

    @quirk("chat", effect="lossy", catalogue="X01")
    def odd(tape):
        """Something odd."""
        return ()

    yield odd
    del REGISTRY["odd"]


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


@pytest.mark.parametrize("name", ["refuse", "allow"])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("tool_index_mising", "do you mean tool_index_missing?"),
        ("tool-index-missing", "do you mean tool_index_missing?"),
        ("Lossy", "do you mean lossy?"),
        ("A13", "do you mean missing_blank_line?"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_one_that_is_meant(name, given, meant):
    with pytest.raises(UsageError) as caught:
        Strict(**{name: ("repaired", "tool_index_missing", given)})
    assert f"Strict({name}=" in str(caught.value)
    assert repr(given) in str(caught.value)
    assert meant in str(caught.value)


def test_a_name_that_resembles_none_is_refused_without_a_guess():
    with pytest.raises(UsageError, match="zzzzzzzzz") as caught:
        Strict(allow=("zzzzzzzzz",))
    assert "do you mean" not in str(caught.value)


def test_a_quirk_of_a_users_own_may_be_named_once_it_is_registered(odd):
    assert len(run(Strict(allow=(odd.id,)), seen("lossy"))) == 1


FRESH = """
import sys
sys.path[:0] = sys.argv[1:3]
import streamkit
streamkit.Strict()
assert "streamkit.quirks.tools" not in sys.modules, "the default imports no quirks"
streamkit.Strict(allow=sys.argv[3:])
"""
SMUDGED = """
from streamkit.quirks.registry import quirk

@quirk("smudged", effect="guessed", catalogue="X02")
def letter_smudged(tape):
    'A letter is guessed.'
    return ()
"""


@pytest.mark.parametrize("name", ["tool_index_missing", "letter_smudged"])
def test_a_quirk_may_be_named_before_its_dialect_is_imported(tmp_path, name):
    about = tmp_path / "smudged_dialect-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: smudged-dialect\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[streamkit.dialects]\nsmudged = smudged_dialect:SMUDGED\n")
    (tmp_path / "smudged_dialect.py").write_text(SMUDGED)
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", FRESH, root, str(tmp_path), name], check=True, timeout=60)


@pytest.mark.usefixtures("odd")
def test_ids_weigh_more_than_effects():
    assert len(run(Strict(allow=("odd",)), seen("lossy"))) == 1
    assert len(run(Strict(refuse=("odd",)), seen("harmless"))) == 2
    assert len(run(Strict(refuse=("odd",), allow=("harmless",)), seen("harmless"))) == 2
    assert len(run(Strict(allow=("lossy",)), seen("lossy"))) == 1
    assert len(run(Strict(refuse=("odd",)), seen("lossy", "other"))) == 1

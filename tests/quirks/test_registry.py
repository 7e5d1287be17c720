import pytest

from streamkit.events import QuirkSeen
from streamkit.quirks import registry
from streamkit.quirks.catalogue import all_quirks
from streamkit.quirks.registry import Quirk, printable, quirk
from streamkit.quirks.tape import Edit, Tape


@pytest.fixture
def empty(monkeypatch):
    """A registry of its own, so that what is registered here stays here."""
    entries = {}
    monkeypatch.setattr(registry, "REGISTRY", entries)
    return entries


@pytest.fixture
def last_letter_lost(empty):
    @quirk(
        "chat", "cohere", effect="lossy", catalogue=("Z1", "Z2"), sources=["a#1"], fields=["text"], advice="ask again"
    )
    def last_letter_lost(tape: Tape):
        """The last letter is lost.

        More about it.
        """
        yield Edit(len(tape.data) - 1, len(tape.data), b"")

    return last_letter_lost


def test_a_function_becomes_an_entry(last_letter_lost, empty):
    entry = last_letter_lost
    assert isinstance(entry, Quirk)
    assert empty == {"last_letter_lost": entry}
    assert (entry.id, entry.effect, entry.dialects) == ("last_letter_lost", "lossy", ("chat", "cohere"))
    assert (entry.catalogue, entry.sources, entry.fields) == (("Z1", "Z2"), ("a#1",), ("text",))
    assert (entry.summary, entry.advice, entry.nowhere) == ("The last letter is lost.", "ask again", "")
    assert entry.text.endswith("More about it.")
    assert repr(entry) == "<quirk last_letter_lost (Z1, Z2): lossy>"


def test_its_body_says_where_it_can_be_planted(last_letter_lost):
    assert list(last_letter_lost.plant(Tape(b"abc"))) == [Edit(2, 3, b"")]


def test_a_body_may_return_a_list(empty):
    @quirk("any", effect="harmless", catalogue="Z3")
    def nothing(tape: Tape):
        """Nothing."""
        return [Edit(0, 0, b"x")]

    assert list(nothing.plant(Tape(b""))) == [Edit(0, 0, b"x")]
    assert nothing.catalogue == ("Z3",)


def test_which_dialects_it_fits(last_letter_lost, empty):
    assert [name for name in ("chat", "cohere", "gemini") if last_letter_lost.fits(name)] == ["chat", "cohere"]

    @quirk("any", effect="harmless", catalogue="Z3")
    def everywhere(tape: Tape):
        """Everywhere."""
        return ()

    assert everywhere.fits("gemini")


def test_where_a_server_is_known_to_show_it(last_letter_lost, empty):
    @quirk("any", effect="harmless", catalogue="Z3", known_in=("chat",))
    def somewhere(tape: Tape):
        """Somewhere."""
        return ()

    @quirk("chat", "gemini", effect="harmless", catalogue="Z3", known_in=("any",))
    def wherever(tape: Tape):
        """Wherever it fits."""
        return ()

    names = ("chat", "cohere", "gemini")
    assert [name for name in names if last_letter_lost.known(name)] == ["chat", "cohere"]
    assert [name for name in names if somewhere.known(name)] == ["chat"]
    assert [name for name in names if wherever.known(name)] == ["chat", "gemini"]


def test_two_of_one_name_are_refused(last_letter_lost, empty):
    with pytest.raises(ValueError, match=f"called last_letter_lost: in {__name__} and in {__name__}"):
        quirk("chat", effect="harmless", catalogue="Z1")(last_letter_lost._plant)


def planter(tape):
    """A text."""
    return ()


def untold(tape):
    return ()


@pytest.mark.parametrize(
    ("plant", "dialects", "effect", "told"),
    [
        (planter, ("chat",), "nice", "'nice' is no effect: harmless, repaired, guessed, lossy"),
        (planter, (), "harmless", "names its dialects"),
        (untold, ("chat",), "harmless", "the quirk untold of .* has no docstring"),
    ],
)
def test_what_the_pages_could_not_explain_is_refused(empty, plant, dialects, effect, told):
    with pytest.raises(ValueError, match=told):
        quirk(*dialects, effect=effect, catalogue="Z1")(plant)
    assert empty == {}


def test_an_occurrence_is_an_event(last_letter_lost):
    assert last_letter_lost.seen(item_id="i1", detail="x\x1b[2J", data=[1]) == QuirkSeen(
        quirk="last_letter_lost", effect="lossy", item_id="i1", detail="x\\x1b[2J", data=[1]
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 京", "plain é 京"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202eevil\x00", "\\u202eevil\\x00"),
        ("half \ud83d", "half \\ud83d"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        ("", ""),
    ],
)
def test_what_is_shown_is_printable_and_short_j09(text, shown):
    assert printable(text) == shown


def test_the_length_can_be_chosen():
    assert printable("abcdef", 3) == "abc…"


def test_every_registered_quirk_is_documented():
    for entry in all_quirks():
        assert entry.summary[:1].isupper() or entry.summary[:1] in "`'\"", entry.id
        assert entry.catalogue, entry.id
        assert entry.dialects, entry.id
        assert entry.id.replace("_", "a").isalnum(), entry.id
        assert entry.id.islower(), entry.id

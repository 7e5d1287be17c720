"""Which wire piece belongs to which item (B10, B11, B37)."""

import pytest
from counted_work import held_linear

from streamkit.evidence import item_key
from streamkit.limits import Limits
from streamkit.stages.register import Register


def register(*items, **limits):
    """A register with these items open: (index, id, type)."""
    books = Register(Limits(**limits))
    for index, name, kind in items:
        books.open(item_key(index, name), kind, 0, wire_id=name or "")
    return books


def found(books, index, name, kind="message", call_id=""):
    entry, quirk = books.find(item_key(index, name), kind, 0, call_id)
    return (entry.id if entry else None), (quirk.id if quirk else None)


# ids


@pytest.mark.parametrize(
    ("kind", "item_id"),
    [
        ("message", "msg_0"),
        ("reasoning", "rs_0"),
        ("function_call", "fc_0"),
        ("custom_tool_call", "ctc_0"),
        ("web_search_call", "item_0"),
    ],
)
def test_an_item_without_an_id_gets_one(kind, item_id):
    assert Register(Limits()).open(None, kind, 0).id == item_id


def test_ids_are_unique_whatever_the_wire_says():
    books = Register(Limits())
    names = [
        books.open(key, "message", 0, wire_id=name).id for key, name in ((1, "x"), (2, "x"), (3, "msg_3"), (4, ""))
    ]
    assert len(set(names)) == 4
    assert names[0] == "x"


def test_an_id_in_the_key_is_the_items_id():
    books = register((0, "m1", "message"))
    entry = books.open(item_key(1, "m2"), "message", 0)
    assert (entry.id, entry.wire_id, entry.position) == ("m2", "m2", 1)


def test_it_is_full_at_its_limit():
    books = register((0, "a", "message"), (1, "b", "message"), items=2)
    assert books.full
    assert not register((0, "a", "message"), items=2).full


@pytest.mark.parametrize(("kind", "room"), [("message", 7), ("function_call", 3), ("web_search_call", 3)])
def test_calls_have_their_own_room(kind, room):
    assert Register(Limits(item=7, arguments=3)).open(None, kind, 0).room == room


# finding


def test_plain_keys_are_identities():
    books = Register(Limits())
    entry = books.open("a", "message", 0)
    assert books.find("a", "message", 0) == (entry, None)
    assert books.find("b", "message", 0) == (None, None)


def test_without_identity_the_open_item_of_that_kind_and_choice_is_meant():
    books = Register(Limits())
    entry = books.open(None, "message", 0)
    assert books.find(None, "message", 0) == (entry, None)
    assert books.find(None, "reasoning", 0) == (None, None)
    assert books.find(None, "message", 1) == (None, None)
    books.close(entry)
    assert books.find(None, "message", 0) == (None, None)


def test_the_same_names_are_the_same_item():
    books = register((0, "a", "message"), (1, "b", "message"))
    assert found(books, 0, "a") == ("a", None)
    assert found(books, 1, "b") == ("b", None)


@pytest.mark.parametrize(
    ("index", "name", "item_id", "quirk"),
    [
        (1, "other", "b", "rotating_ids"),  # B10: the id is strange, the index is known
        (0, "b", "b", "index_unreliable"),  # B11: a known id overrules the index
        (None, "b", "b", "index_unreliable"),
        (1, None, "b", None),  # no id, and the index is known
        (None, None, "b", "index_unreliable"),  # neither: the latest open one of that kind
        (None, "other", "b", "rotating_ids"),
        (7, "other", None, None),  # both are new
        (7, None, None, None),
    ],
)
def test_what_wins_when_names_disagree_b10_b11(index, name, item_id, quirk):
    books = register((0, "a", "message"), (1, "b", "message"))
    assert found(books, index, name) == (item_id, quirk)


def test_an_index_of_an_item_of_another_kind_is_not_trusted():
    books = register((0, "a", "message"))
    assert found(books, 0, "x", "function_call") == (None, None)
    assert found(books, 0, "x", "") == ("a", "rotating_ids")


def test_a_closed_item_is_still_found_by_its_names():
    books = register((0, "a", "message"))
    books.close(books.entries[0])
    assert found(books, 0, "a") == ("a", None)
    assert found(books, None, None) == (None, None)


def test_a_call_is_found_by_its_call_id_first():
    books = register((0, "a", "function_call"), (1, "b", "function_call"))
    books.name_call(books.entries[0], "c1")
    books.name_call(books.entries[1], "c2")
    assert found(books, 0, "x", "function_call", "c2") == ("b", "rotating_ids")
    assert found(books, 0, "", "function_call", "c2") == ("b", None)
    assert found(books, 1, "x", "function_call", "c9") == ("b", "rotating_ids")


def test_a_name_that_was_settled_is_known_from_then_on():
    books = register((0, "a", "message"))
    assert found(books, 5, "a") == ("a", "index_unreliable")
    assert found(books, 5, "a") == ("a", None)


# announcements (B37)


def announced(books, index, name, kind="message", call_id="", choice=0):
    entry, quirk = books.find_started(item_key(index, name), kind, choice, name or "", call_id)
    return (entry.id if entry else None), (quirk.id if quirk else None)


def test_an_announcement_of_a_known_item_repeats_it_b37():
    books = register((0, "a", "message"), (1, "f", "function_call"))
    books.entries[1].call_id = "c1"
    assert announced(books, 0, "a") == ("a", None)
    assert announced(books, 0, None) == ("a", None)
    assert announced(books, 1, "f", "function_call", "c1") == ("f", None)
    assert announced(books, 1, "f", "function_call", "c2") == (None, None)
    assert announced(books, 0, "a", choice=1) == (None, None)
    assert announced(books, 9, "z") == (None, None)
    assert announced(books, 0, "z", "reasoning") == (None, "index_unreliable")


def test_another_id_at_the_same_index_is_the_same_item_while_it_is_empty_b10():
    books = register((0, "a", "message"))
    assert announced(books, 0, "z") == ("a", "rotating_ids")
    books.entries[0].part("text", 0).write("x")
    assert announced(books, 0, "z") == (None, "index_unreliable")


def test_a_closed_item_is_repeated_only_under_its_own_id():
    books = register((0, "a", "message"))
    books.close(books.entries[0])
    assert announced(books, 0, "a") == ("a", None)
    assert announced(books, 0, None) == (None, "index_unreliable")


# entries


def test_parts_of_an_entry():
    entry = Register(Limits()).open(None, "message", 0)
    assert entry.empty
    entry.part("text", 1).write("b")
    entry.part("text", 1).write("!")
    entry.part("text", 0).write("a")
    entry.part("refusal", 0).write("no")
    assert not entry.empty
    assert (entry.text("text", 1), entry.text("text", 7), entry.text("text")) == ("b!", "", "b!a")


def test_closing_an_entry_ends_its_flow_and_its_quick_way():
    books = Register(Limits())
    first = books.open(None, "message", 0)
    first.write = len
    second = books.open(None, "message", 1)
    books.close(first)
    assert (first.open, first.write, books.flow) == (False, None, {1: second})


# what many items cost


def test_ids_are_made_without_trying_all_that_are_taken():
    def prepare(n):
        books = register(*((at, f"msg_{2 * n + at}", "message") for at in range(2 * n)))
        return lambda: [books.open(None, "message", 0) for _ in range(n)]

    held_linear(prepare)


def test_items_are_found_without_looking_at_all_of_them():
    def prepare(n):
        books = register(*((at, f"m{at}", "message") for at in range(n)))
        return lambda: [found(books, None, f"z{at}") for at in range(n)]

    held_linear(prepare)


def test_calls_are_found_by_their_ids_without_looking_at_all_of_them():
    def prepare(n):
        books = register(*((at, f"f{at}", "function_call") for at in range(n)))
        for at, entry in enumerate(books.entries):
            books.name_call(entry, f"c{at}")
        return lambda: [found(books, n, "x", "function_call", f"c{n - 1 - at}") for at in range(n)]

    held_linear(prepare)


def test_the_latest_open_item_that_fits_is_meant():
    books = register((0, "a", "mcp_call"), (1, "b", "function_call"), (2, "c", "message"))
    assert found(books, None, None, "function_call") == ("b", "index_unreliable")
    books.close(books.entries[1])
    assert found(books, None, None, "function_call") == ("a", "index_unreliable")
    books.close(books.entries[0])
    assert found(books, None, None, "function_call") == (None, None)

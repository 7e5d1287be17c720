"""The catalogue of provider quirks held against the registry and against the tests: nothing may be missing.

An entry is covered by a registered quirk that names it, or, where it is plain conformance, by a test that has its id in
its name or its docstring.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest
from catalogue_ids import TITLES

from streamkit.quirks.catalogue import all_quirks

TESTS = Path(__file__).resolve().parents[1]
IDENTIFIER = re.compile(r"(?<![a-z0-9])([a-j]\d\d)(?![a-z0-9])")

JUDGED = {
    "A07": "keep-alives are events, they are not counted on the stream",
    "A21": "there is no measure of bursts: reads are the source's matter",
    "A28": "the last event id is not exposed, for nothing here reconnects",
    "B35": "items that only the terminal frame names are never taken: no event has a field for them",
    "B36": "`Response.text` inserts nothing between messages, `Response.text_of` does",
    "C05": "a terminal frame with an unknown status is believed by its own name, which is the better evidence",
    "C32": "the response's side is covered here; asking for usage is the request's side",
    "E17": "`Response.reasoning` inserts nothing between parts, which keep their borders in `Item.parts`",
    "F08": "with a profile a long piece that says the same once more is left out: it is the whole text, told again",
    "G20": "a chat call before an error has no end on the wire, so it is dropped: only announced ends make calls whole",
}
"""Entries that are kept in another way than they are written, and why."""


def registered():
    """Catalogue id → quirks."""
    found = {}
    for quirk in all_quirks():
        for entry in quirk.catalogue:
            found.setdefault(entry, []).append(quirk.id)
    return found


@cache
def named_in_tests():
    """Catalogue id → tests that have it in their name or docstring."""
    found = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_test = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
            if not is_test and not (isinstance(node, ast.ClassDef) and node.name.startswith("Test")):
                continue
            words = f"{node.name.replace('_', ' ')} {ast.get_docstring(node) or ''}".lower()
            for entry in IDENTIFIER.findall(words):
                found.setdefault(entry.upper(), []).append(f"{path.name}::{node.name}")
    return found


def test_every_entry_has_a_quirk_or_a_test_of_its_own():
    quirks, tests = registered(), named_in_tests()
    missing = [entry for entry in TITLES if entry not in quirks and entry not in tests]
    for entry in missing:
        sys.stdout.write(f"missing: {entry} {TITLES[entry]}\n")
    covered = sum(entry in quirks for entry in TITLES)
    alone = len(TITLES) - covered - len(missing)
    sys.stdout.write(f"{len(TITLES)} entries: {covered} by quirks, {alone} by tests alone\n")
    assert missing == []


def test_quirks_name_entries_that_exist():
    # entries of group I are about requests; a quirk of the wire may touch on one
    unknown = {entry for entry in registered() if entry not in TITLES and not entry.startswith("I")}
    assert unknown == set()


def test_every_quirk_names_its_entry_and_says_what_it_is():
    for quirk in all_quirks():
        assert quirk.catalogue, quirk.id
        assert all(re.fullmatch(r"[A-J]\d\d", entry) for entry in quirk.catalogue), quirk.id
        assert len(quirk.summary) > 20, quirk.id


@pytest.mark.parametrize("entry", JUDGED)
def test_what_is_judged_otherwise_is_an_entry_and_is_covered_all_the_same(entry):
    assert entry in TITLES
    assert entry in registered() or entry in named_in_tests()


def test_a_wrong_id_would_be_found():
    assert IDENTIFIER.findall("test a03 f25 every part") == ["a03", "f25"]
    assert IDENTIFIER.findall("sha256 b1 c123 utf8") == []

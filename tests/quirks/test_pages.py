"""`streamkit quirks`: what it prints of the registry, and of one quirk."""

import json

import pytest
from piping import response_of

from streamkit.cli.quirk_pages import explanation, quirk_page, quirk_record, wire_of
from streamkit.errors import UsageError
from streamkit.quirks.catalogue import all_quirks, quirk_named
from streamkit.quirks.samples import samples, shown

QUIRKS = all_quirks()


def test_the_table_names_every_quirk(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert quirk_page(None) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].split() == ["id", "catalogue", "dialects", "effect", "what"]
    assert [quirk.id for quirk in QUIRKS if f" {quirk.id} " not in printed] == []


def test_json_has_every_quirk_with_all_that_is_known(capsys):
    quirk_page(None, json=True)
    records = {record["id"]: record for record in json.loads(capsys.readouterr().out)}
    assert set(records) == {quirk.id for quirk in QUIRKS}
    record = records["tool_index_missing"]
    assert (record["catalogue"], record["dialects"], record["effect"]) == (["D03"], ["chat"], "repaired")
    assert '"index"' not in record["wire"]["planted"].split('"tool_calls":')[1].split("finish_reason")[0]
    assert records["close_error"]["wire"] is None
    assert records["close_error"]["no_wire"] == "a broken connection is no matter of bytes"


def test_markdown_is_one_row_a_quirk(capsys):
    quirk_page(None, markdown=True)
    head, rule, *rows = capsys.readouterr().out.splitlines()
    assert (head, rule) == ("| id | catalogue | dialects | effect | what |", "|---|---|---|---|---|")
    assert len(rows) == len(QUIRKS)
    assert all(row.replace("\\|", "").count("|") == 6 for row in rows)


def test_one_quirk_is_explained_with_its_wire_and_with_what_to_do(capsys):
    quirk_page("double-prefix")
    printed = capsys.readouterr().out
    assert "double_prefix  A15  repaired" in printed
    assert "data: data: {" in printed
    assert "Nothing has to be done." in printed
    assert "proxies that wrap finished lines" in printed


def test_one_quirk_in_markdown_and_as_json(capsys):
    quirk_page("double_prefix", markdown=True)
    text = capsys.readouterr().out
    assert text.startswith("## double_prefix\n")
    assert text.count("```") == 4
    quirk_page("A15", json=True)
    assert json.loads(capsys.readouterr().out)["id"] == "double_prefix"


@pytest.mark.parametrize(
    ("name", "known_in", "told"),
    [
        ("empty_event", ["responses"], "servers of: responses"),
        ("joined_json", ["chat", "gemini"], "servers of: chat, gemini"),
        ("double_prefix", ["any"], "servers of: any dialect"),
        ("close_error", ["any"], ""),
        ("tool_shape", [], "no server is known to send exactly what is shown"),
    ],
)
def test_it_is_told_whose_servers_are_known_to_send_it(capsys, name, known_in, told):
    quirk_page(name, json=True)
    assert json.loads(capsys.readouterr().out)["known_in"] == known_in
    for markdown in (False, True):
        quirk_page(name, markdown=markdown)
        printed = capsys.readouterr().out
        assert told in printed
        assert bool(told) == ("sent by" in printed)


def test_a_catalogue_id_names_a_quirk_where_it_is_the_only_one():
    with pytest.raises(UsageError, match="eof_flush, eof_partial"):
        quirk_page("A12")
    with pytest.raises(UsageError, match="lists them all"):
        quirk_page("nothing_like_it")
    with pytest.raises(UsageError, match="tool_args_closed"):
        quirk_page("tool_args")
    with pytest.raises(UsageError):
        quirk_page(None, json=True, markdown=True)


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.id)
def test_each_quirk_has_a_wire_or_says_why_not_and_advice(quirk):
    wire = wire_of(quirk)
    assert (wire is None) == bool(quirk.nowhere)
    if wire is not None:
        assert wire[1] != wire[2]
    assert quirk.summary.endswith((".", "…", "`)"))
    assert "{" not in quirk_record(quirk)["advice"].replace("{…}", "")
    assert quirk.id in explanation(quirk)


@pytest.mark.parametrize("tape", samples(), ids=lambda tape: tape.dialect)
def test_a_sample_is_healthy(tape):
    response = response_of(tape.data, tape.dialect)
    assert (response.status, response.quirks, response.errors) == ("completed", (), ())


def test_what_is_shown_of_a_sample_shows_the_quirk():
    quirk = quirk_named("tool_args_closed")
    for tape, edit in shown(quirk):
        assert quirk.id in {seen.id for seen in response_of(tape.apply([edit]), tape.dialect).quirks}

import json
import subprocess
import sys

import pytest

from streamkit.cli.app import app

HEALTHY = (
    'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":'
    '[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


@pytest.fixture
def folder(tmp_path):
    for name, body in (("good", HEALTHY), ("empty", "data: \n\n" + HEALTHY), ("bad", "Dear Sir\n")):
        (tmp_path / f"{name}.sse").write_text(body)
    (tmp_path / "empty.json").write_text('{"provider": "[bold]groq\\u001b"}')
    return tmp_path


def run(*tokens):
    return app([str(token) for token in tokens], result_action="return_value")


def test_the_table_names_groups_quirks_and_bad_files(folder, capsys):
    assert run("audit", folder) == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert ["empty_data", "A10", "harmless", "1", "1"] in lines
    assert ["chat", "[bold]groq\\x1b", "1", "0"] in lines
    assert ["unknown", "1", "1"] in [line[1:] for line in lines]
    assert f"2 streams, 1 of them without a quirk; {2 * len(HEALTHY) + 8} bytes" in out
    assert "bad.sse" in err
    assert "no dialect recognised" in err


def test_json_is_all_there_is_on_standard_output(folder, capsys):
    assert run("audit", folder, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["streams"], told["clean"]) == (2, 1)
    assert [group["provider"] for group in told["groups"]] == ["[bold]groq\x1b", "unknown"]
    assert told["groups"][0]["quirks"] == [
        {"id": "empty_data", "effect": "harmless", "catalogue": ["A10"], "streams": 1, "occurrences": 1}
    ]
    assert [fault["path"].rpartition("/")[2] for fault in told["faults"]] == ["bad.sse"]


def test_parquet(folder, tmp_path, capsys):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "table.parquet"
    assert run("audit", folder, "--parquet", file) == 0
    assert parquet.read_table(file).num_rows == 3


def test_many_bad_files_are_cut_short(tmp_path, capsys):
    for number in range(23):
        (tmp_path / f"{number}.sse").write_text("Dear Sir\n")
    assert run("audit", tmp_path) == 6
    assert "… and 3 more" in capsys.readouterr().err


def test_mistakes_are_told_in_one_line(tmp_path):
    for tokens, word in (((), "folder"), ((str(tmp_path / "none"),), "no such")):
        done = subprocess.run(
            [sys.executable, "-m", "streamkit.cli.main", "audit", *tokens], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert word in done.stderr
        assert done.stderr.count("\n") == 1

import json

import survival

ROWS = [
    {"cases": 5, "survived": 5, "verdicts": {}},
    {"cases": 9, "survived": 2, "verdicts": {"raised": 3, "text": 2, "calls": 1, "hung": 1}},
    {"cases": 2, "survived": 0, "verdicts": {"silent": 1, "died": 1}},
]
UNFIT = {"wire": "text", "reason": "raised: no"}
REPORT = {"target": "clients:ask", "dialect": "chat", "rows": ROWS, "unfit": [UNFIT]}
KEPT = {"client": "openai", "version": "1.2", "report": REPORT}


def test_a_line_counts_quirks_cases_and_ways_to_fail():
    lines = survival.table([KEPT]).splitlines()
    assert len(lines) == 3
    assert lines[-1] == "| openai | 1.2 | chat | 1 of 3 | 7 of 16 | 3 | 3 | 1 | 2 |"


def test_the_table_is_made_of_kept_reports(tmp_path, monkeypatch, capsys):
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "openai_chat.json").write_text(json.dumps(KEPT))
    monkeypatch.setattr("sys.argv", ["survival.py", str(tmp_path), "--table"])
    survival.main()
    told = capsys.readouterr()
    assert told.out == survival.table([KEPT])
    assert "clients:ask does not read a healthy wire" in told.err
    assert "raised: no" in told.err


def test_every_ready_target_is_run():
    from streamkit.fuzzing import clients

    assert {target for _, _, target, _ in survival.RUNS} == set(clients.__all__)
    assert {environment for environment, *_ in survival.RUNS} == set(survival.ENVIRONMENTS)

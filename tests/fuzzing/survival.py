"""Measures how well-known clients fare, and prints the table for the README.

`python tests/fuzzing/survival.py FOLDER`: builds an environment for each client in FOLDER (current versions from the
package index, streamkit as a wheel of this checkout), runs `streamkit fuzz` in it, keeps the reports in FOLDER/reports.
`--only TARGET` runs some of them again, `--table` none: the table is made of the reports that are kept.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

ENVIRONMENTS = {
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "litellm": ("litellm", "mcp"),  # it imports mcp for any completion and does not require it
    "pydantic-ai": ("pydantic-ai-slim[openai,anthropic]",),
    "langchain": ("langchain-openai", "langchain-anthropic"),
    "streamkit": (),
}
"""Environment and what is installed into it beside streamkit."""
RUNS = (
    ("openai", "openai", "openai_chat", "chat"),
    ("litellm", "litellm", "litellm_chat", "chat"),
    ("pydantic-ai", "pydantic-ai-slim", "pydantic_ai_chat", "chat"),
    ("langchain", "langchain-openai", "langchain_chat", "chat"),
    ("streamkit", "streamkit-llm", "streamkit_chat", "chat"),
    ("openai", "openai", "openai_responses", "responses"),
    ("pydantic-ai", "pydantic-ai-slim", "pydantic_ai_responses", "responses"),
    ("langchain", "langchain-openai", "langchain_responses", "responses"),
    ("streamkit", "streamkit-llm", "streamkit_responses", "responses"),
    ("anthropic", "anthropic", "anthropic_messages", "anthropic"),
    ("litellm", "litellm", "litellm_anthropic", "anthropic"),
    ("pydantic-ai", "pydantic-ai-slim", "pydantic_ai_anthropic", "anthropic"),
    ("langchain", "langchain-anthropic", "langchain_anthropic", "anthropic"),
    ("streamkit", "streamkit-llm", "streamkit_anthropic", "anthropic"),
)
"""Environment, package whose version counts, target, dialect."""


def built(folder, name):
    home = folder / name
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    return python


def prepare(folder):
    wheels = folder / "wheels"
    pip = ("-m", "pip", "--disable-pip-version-check", "-q")
    for old in wheels.glob("*.whl"):
        old.unlink()
    subprocess.run([sys.executable, *pip, "wheel", "--no-deps", "-w", wheels, CHECKOUT], check=True)
    wheel = next(wheels.glob("*.whl"))
    for name, packages in ENVIRONMENTS.items():
        python = built(folder, name)
        subprocess.run([python, *pip, "install", f"{wheel}[cli]", *packages], check=True)
        subprocess.run([python, *pip, "install", "--force-reinstall", "--no-deps", wheel], check=True)


def run(folder, environment, package, target, dialect, limit):
    python = built(folder, environment)
    asked = f"import importlib.metadata as m; print(m.version({package!r}))"
    version = subprocess.run(
        [python, "-c", asked], capture_output=True, text=True, check=True, cwd=folder
    ).stdout.strip()
    reports = folder / "reports"
    command = [python, "-m", "streamkit.cli.main", "fuzz", f"streamkit.fuzzing.clients:{target}", "--dialect", dialect]
    more = ["--limit", str(limit), "--json", "--html", reports / f"{target}.html", "--save", reports / target]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([*command, *more], capture_output=True, text=True, check=False, cwd=folder, env=clean)
    if done.returncode not in (0, 1) or not done.stdout:
        sys.exit(f"{target}: {done.stderr}")
    kept = {"client": package, "version": version, "report": json.loads(done.stdout)}
    (reports / f"{target}.json").write_text(json.dumps(kept, ensure_ascii=False) + "\n")


def table(kept):
    """The Markdown table of these reports."""
    lines = [
        "| client | version | dialect | quirks | cases | raised | wrong answer | error swallowed | hung |",
        "|---|---|---|---|---|---|---|---|---|",
        *(line(one["client"], one["version"], one["report"]) for one in kept),
    ]
    return "\n".join(lines) + "\n"


def line(package, version, report):
    rows = report["rows"]
    passed = sum(row["cases"] == row["survived"] for row in rows)
    verdicts = Counter()
    for row in rows:
        verdicts.update(row["verdicts"])
    wrong = verdicts["text"] + verdicts["calls"]
    counts = (verdicts["raised"], wrong, verdicts["silent"], verdicts["hung"] + verdicts["died"])
    cases, survived = (sum(row[name] for row in rows) for name in ("cases", "survived"))
    cells = (
        package,
        version,
        report["dialect"],
        f"{passed} of {len(rows)}",
        f"{survived} of {cases}",
        *map(str, counts),
    )
    return "| " + " | ".join(cells) + " |"


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--limit", type=float, default=5.0, help="seconds for one case")
    words.add_argument("--jobs", type=int, default=1)
    words.add_argument("--skip-install", action="store_true")
    words.add_argument("--only", action="append", metavar="TARGET", default=[])
    words.add_argument("--table", action="store_true", help="run nothing")
    told = words.parse_args()
    folder = told.folder.resolve()
    reports = folder / "reports"
    if not told.table:
        reports.mkdir(parents=True, exist_ok=True)
        if not told.skip_install:
            prepare(folder)
        chosen = [one for one in RUNS if not told.only or one[2] in told.only]
        with ThreadPoolExecutor(told.jobs) as pool:
            list(pool.map(lambda args: run(folder, *args, told.limit), chosen))
    files = (reports / f"{target}.json" for _, _, target, _ in RUNS)
    kept = [json.loads(file.read_text("utf-8")) for file in files if file.exists()]
    sys.stdout.write(table(kept))
    for one in kept:
        for unfit in one["report"]["unfit"]:
            sys.stderr.write(f"{one['report']['target']} does not read a healthy wire: {unfit}\n")


if __name__ == "__main__":
    main()

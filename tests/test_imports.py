import json
import os
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "aiohttp",
    "anyio",
    "asyncio",
    "botocore",
    "cyclopts",
    "httpx",
    "httpx2",
    "hypothesis",
    "pytest",
    "rich",
    "stamina",
    "structlog",
}
SELDOM_NEEDED = {"email", "gzip", "hashlib", "http", "logging", "random", "socket", "ssl", "tempfile"}

LOADED = """
import json, sys
import msgspec
already = set(sys.modules)
import streamkit
streamkit.TextDelta, streamkit.StreamError, streamkit.Limits, streamkit.ToolCall, streamkit.Frame
print(json.dumps(sorted({name.partition(".")[0] for name in set(sys.modules) - already})))
"""


def loaded_by(code):
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    return set(json.loads(done.stdout))


def test_import_streamkit_and_its_types_load_no_event_loop_and_no_library_that_a_stream_may_do_without():
    assert loaded_by(LOADED) & HEAVY == set()


def test_import_streamkit_and_its_types_load_no_part_of_the_standard_library_that_is_heavy_and_seldom_needed():
    assert loaded_by(LOADED) & SELDOM_NEEDED == set()


def test_import_streamkit_alone_loads_no_library_at_all():
    code = "import json, sys, streamkit\nprint(json.dumps([name for name in sys.modules if name == 'msgspec']))"
    assert loaded_by(code) == set()


def test_modules_of_the_ground_floor_need_no_import_of_their_own():
    code = (
        "import json, streamkit\n"
        "same = streamkit.errors.StreamError is streamkit.StreamError, streamkit.events.Event is streamkit.Event\n"
        "print(json.dumps([same == (True, True) and {'errors', 'limits', 'Event'} <= set(dir(streamkit))]))"
    )
    assert loaded_by(code) == {True}


def test_patterns_for_prose_are_compiled_only_where_there_is_prose_to_read():
    code = (
        "import json, re\n"
        "count, compiled = re.compile, []\n"
        "re.compile = lambda pattern, flags=0: compiled.append(str(pattern)) or count(pattern, flags)\n"
        "import streamkit\n"
        "streamkit.TextDelta, streamkit.StreamError, streamkit.Limits\n"
        "print(json.dumps([pattern for pattern in compiled if 'quota' in pattern]))"
    )
    assert loaded_by(code) == set()

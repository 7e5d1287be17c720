"""A coverage-guided run on framing and decoders; not part of the ordinary tests, and not collected by them.

    pip install atheris botocore
    python tests/fuzz/coverage_guided.py --framing -max_total_time=300        # framers alone
    python tests/fuzz/coverage_guided.py -max_total_time=300                  # whole pipelines, every dialect
    python tests/fuzz/coverage_guided.py FILE                                 # one input again

Input: a byte for the dialect (or framing), one for the way of cutting, one for the bounds and what lies over the body,
one for options, the rest is the body. It starts from the fixtures. Everything that libFuzzer knows may follow; inputs
that fail are kept as `crash-*` in the working directory.
"""

import gzip
import pathlib
import sys
import tempfile
import zlib

import atheris

with atheris.instrument_imports(include=["streamkit"]):
    import streamkit
    from streamkit.dialects.table import dialect_names
    from streamkit.evidence import Handover
    from streamkit.frames import Frame
    from streamkit.framing.sniff import AnyFramer
    from streamkit.limits import Limits
    from streamkit.profile import Profile
    from streamkit.recipe import standard
    from streamkit.session import Session
    from streamkit.testing import grammar
    from streamkit.testing.fixtures import all_fixtures

HEAD = 4
DIALECTS = (None, *dialect_names())
FRAMINGS = (None, "sse", "ndjson", "json-array", "aws-eventstream")
BOUNDS = {
    "line": 100, "frame": 100, "item": 12, "text": 20, "arguments": 12, "items": 2, "held": 2, "depth": 3,
    "expansion": 3, "body": 1000,
}  # fmt: skip
LIMITS = (
    *[Limits()] * 5,
    *(Limits(**{name: bound}) for name, bound in BOUNDS.items()),
    Limits(**{name: 4 * bound for name, bound in BOUNDS.items()}),
)


def text_of(body):
    return body.decode("utf-8", "replace")


COVERS = (
    *[bytes] * 8,
    lambda body: gzip.compress(body, mtime=0),
    zlib.compress,
    lambda body: gzip.compress(body[: len(body) // 2], mtime=0) + gzip.compress(body[len(body) // 2 :], mtime=0),
    lambda body: gzip.compress(gzip.compress(body, mtime=0), mtime=0),
    lambda body: text_of(body).encode("utf-16"),
    lambda body: text_of(body).encode("utf-16-le"),
    lambda body: text_of(body).encode("utf-16-be"),
    lambda body: b"\xef\xbb\xbf" + body,
)
"""What may lie over a body that libFuzzer could not spoil without breaking it."""

CHARSETS = (None, None, "gbk", "shift_jis", "utf-16-le", "latin-1", "utf-7", "hz")
TYPES = (None, "text/event-stream", "application/json", "text/html; charset=gbk")

TOOLS = ("get_weather", "look", "search")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
PROFILES = (
    Profile(),
    Profile(),
    Profile(cumulative=True),
    Profile(
        starts_in_think=True,
        think_brackets=True,
        recover_calls=True,
        answer_in_reasoning=True,
        drop_repeated_reasoning=True,
        terminal_flag="stop",
        prefill="In an",
        tool_schemas=dict.fromkeys(TOOLS, SCHEMA),
        max_output_tokens=8,
        context_window=16,
        stop_repetition=4,
    ),
)


def same(one, other):
    """Whether two values are equal; a NaN of the wire is equal to itself here."""
    return one == other or repr(one) == repr(other)


def pieces(body, cut):
    """The body cut into lines, into events, or into pieces of one size."""
    if cut == 0:
        return body.splitlines(keepends=True)
    if cut == 1:
        *blocks, tail = body.split(b"\n\n")
        return [block + b"\n\n" for block in blocks] + [tail]
    return [body[at : at + cut - 1] for at in range(0, len(body), cut - 1)]


def taken_apart(data):
    """Index, way of cutting, limits, options and body."""
    index, cut, cover, options = data[:HEAD]
    body = COVERS[cover // len(LIMITS)](data[HEAD:])
    return index, cut % 40, LIMITS[cover % len(LIMITS)], options, body


def response_of(chunks, dialect, limits, options):
    tools = TOOLS if options & 4 else None
    profile = PROFILES[options % len(PROFILES)]
    session = Session(standard(dialect, limits=limits, tools=tools, profile=profile, strict=bool(options & 8)))
    events = []
    for chunk in chunks:
        events += session.feed(chunk)
        if session.halted:
            break
    events += session.finish()
    grammar.check(events)
    assert same(streamkit.Response.from_events(events), session.response)
    return session.response


def read(data):
    """Any bytes, in any dialect: valid grammar, no exception, the same response in any chunks."""
    if len(data) < HEAD:
        return
    index, cut, limits, options, body = taken_apart(data)
    dialect = DIALECTS[index % len(DIALECTS)]
    whole = response_of([body], dialect, limits, options)
    assert same(response_of(pieces(body, cut), dialect, limits, options), whole)


def frames_of(chunks, framing, limits, options):
    charset, content_type = CHARSETS[options % len(CHARSETS)], TYPES[options // 8 % len(TYPES)]
    framer = AnyFramer(framing, limits, charset=charset, content_type=content_type)
    out = []
    for chunk in chunks:
        out += framer.feed(chunk)
    out += framer.close()
    return [item for item in out if not isinstance(item, Handover)]


def split(data):
    """Any bytes, in any framing: the same frames and notes in any chunks."""
    if len(data) < HEAD:
        return
    index, cut, limits, options, body = taken_apart(data)
    framing = FRAMINGS[index % len(FRAMINGS)]
    items = frames_of([body], framing, limits, options)
    assert frames_of(pieces(body, cut), framing, limits, options) == items
    assert all(isinstance(item.data, bytes) for item in items if isinstance(item, Frame))


def seeds(folder, names, of):
    """Each fixture as it is, and once more under a cover, with a bound, an option."""
    for number, fixture in enumerate(all_fixtures()):
        name = of(fixture)
        if name in names:
            body = fixture.data[:4096]
            heads = ((names.index(name), number % 40, 0, 0), (0, number * 7 % 40, number * 5 % 256, number % 32))
            for turn, head in enumerate(heads):
                pathlib.Path(folder, f"{number}-{turn}.seed").write_bytes(bytes(head) + body)
            if number % 8 == 0:
                pathlib.Path(folder, f"{number}-gzip.seed").write_bytes(bytes(heads[0]) + gzip.compress(body, mtime=0))


def main():
    framing = "--framing" in sys.argv
    arguments = [argument for argument in sys.argv if argument != "--framing"]
    with tempfile.TemporaryDirectory() as folder:
        if framing:
            seeds(folder, FRAMINGS, lambda fixture: fixture.framing)
        else:
            seeds(folder, DIALECTS, lambda fixture: fixture.dialect)
        if len(arguments) == 1 or all(argument.startswith("-") for argument in arguments[1:]):
            arguments.append(folder)
        atheris.Setup(arguments, split if framing else read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

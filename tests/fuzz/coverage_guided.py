"""A coverage-guided run on framing and decoders; not part of the ordinary tests, and not collected by them.

    pip install atheris botocore
    python tests/fuzz/coverage_guided.py --framing -max_total_time=300        # framers alone
    python tests/fuzz/coverage_guided.py -max_total_time=300                  # whole pipelines, every dialect
    python tests/fuzz/coverage_guided.py FILE                                 # one input again

Input: one byte for the dialect (or framing), one for the size of chunks, the rest is the body. It starts from the
fixtures. Everything that libFuzzer knows may follow; inputs that fail are kept as `crash-*` in the working directory.
"""

import pathlib
import sys
import tempfile

import atheris

with atheris.instrument_imports(include=["streamkit"]):
    import streamkit
    from streamkit.dialects.table import dialect_names
    from streamkit.evidence import Handover
    from streamkit.frames import Frame
    from streamkit.framing.sniff import AnyFramer
    from streamkit.recipe import standard
    from streamkit.session import Session
    from streamkit.testing import grammar
    from streamkit.testing.fixtures import all_fixtures

DIALECTS = (None, *dialect_names())
FRAMINGS = (None, "sse", "ndjson", "json-array", "aws-eventstream")


def same(one, other):
    """Whether two values are equal; a NaN of the wire is equal to itself here."""
    return one == other or repr(one) == repr(other)


def pieces(body, size):
    return [body[at : at + size] for at in range(0, len(body), size)] if size else [body]


def response_of(chunks, dialect):
    session = Session(standard(dialect))
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
    if len(data) < 2:
        return
    dialect, size, body = DIALECTS[data[0] % len(DIALECTS)], data[1] % 32, data[2:]
    assert same(response_of(pieces(body, size), dialect), response_of([body], dialect))


def frames_of(chunks, framing):
    framer = AnyFramer(framing)
    out = []
    for chunk in chunks:
        out += framer.feed(chunk)
    out += framer.close()
    return [item for item in out if not isinstance(item, Handover)]


def split(data):
    """Any bytes, in any framing: the same frames and notes in any chunks, frames only of bytes that came."""
    if len(data) < 2:
        return
    framing, size, body = FRAMINGS[data[0] % len(FRAMINGS)], data[1] % 32, data[2:]
    items = frames_of([body], framing)
    assert frames_of(pieces(body, size), framing) == items
    assert all(isinstance(item.data, bytes) for item in items if isinstance(item, Frame))


def seeds(folder, names, of):
    for number, fixture in enumerate(all_fixtures()):
        name = of(fixture)
        if name in names:
            head = bytes((names.index(name), number % 32))
            pathlib.Path(folder, f"{number}.seed").write_bytes(head + fixture.data[:4096])


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

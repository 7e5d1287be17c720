"""Work that is counted, not timed: executed instructions, and the characters of strings that are gone through."""

import sys

WHOLE = ("count", "decode", "encode", "lower", "replace", "split", "splitlines", "translate", "upper")
"""Methods that go through the whole string."""


class Count:
    """Instructions executed, and the characters of the strings that were gone through."""

    def __init__(self):
        self.work = 0

    def trace(self, frame, event, _argument):
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.work += event == "opcode"
        return self.trace

    def profile(self, _frame, event, argument):
        if event == "c_call":
            owner = getattr(argument, "__self__", None)
            if isinstance(owner, (str, bytes, bytearray)) and argument.__name__ in WHOLE:
                self.work += len(owner)


def work(run):
    """What calling `run` takes."""
    count = Count()
    before = sys.gettrace(), sys.getprofile()
    sys.settrace(count.trace)
    sys.setprofile(count.profile)
    try:
        run()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count.work


def held_linear(prepare, n=40, slack=2.6):
    """Twice the step in size may cost twice as much more, and some slack; a square law would cost four times.

    `prepare` gives, for a size, what is to be run: its own work is not counted.
    """
    prepare(n)()  # what is done once only, at first use
    one, two, four = (work(prepare(size)) for size in (n, 2 * n, 4 * n))
    assert four - two <= slack * max(two - one, 1000)

"""Work that is counted, not timed: executed lines, and the characters of strings that are gone through.

Every turn of a loop counts, also of one that stands in a single line: jumping back begins a line. Between two of what
is counted there is only a bounded number of instructions, so what is linear in the one is linear in the other, and
counting instructions takes four times as long.
"""

import sys

WHOLE = ("count", "decode", "encode", "lower", "replace", "split", "splitlines", "translate", "upper")
"""Methods that go through the whole string."""


class Count:
    """Lines executed, calls and returns, and the characters of the strings that were gone through."""

    def __init__(self):
        self.work = 0

    def trace(self, _frame, _event, _argument):
        self.work += 1
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

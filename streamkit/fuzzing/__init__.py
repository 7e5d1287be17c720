"""Fuzzing of clients: any client, against every deviation of a dialect, planted in healthy streams.

```python
from streamkit.fuzzing import fuzz, target_named

report = fuzz(target_named("my_module:ask"), "chat")
assert not [row.quirk for row in report.rows if not row.passed]
```
"""

from streamkit.fuzzing.cases import Case, baseline, cases_of
from streamkit.fuzzing.judging import Expectation, Judgement, expectation, judge
from streamkit.fuzzing.outcomes import Call, Outcome, outcome_of
from streamkit.fuzzing.pages import page
from streamkit.fuzzing.report import Failure, Report, Row, Unfit
from streamkit.fuzzing.running import Arena, fuzz
from streamkit.fuzzing.saving import Reproducer, load_reproducer, save_failures
from streamkit.fuzzing.targets import CommandTarget, FunctionTarget, Target, target_named
from streamkit.fuzzing.wires import Wire, shipped_dialects, wires_of

__all__ = [
    "Arena",
    "Call",
    "Case",
    "CommandTarget",
    "Expectation",
    "Failure",
    "FunctionTarget",
    "Judgement",
    "Outcome",
    "Report",
    "Reproducer",
    "Row",
    "Target",
    "Unfit",
    "Wire",
    "baseline",
    "cases_of",
    "expectation",
    "fuzz",
    "judge",
    "load_reproducer",
    "outcome_of",
    "page",
    "save_failures",
    "shipped_dialects",
    "target_named",
    "wires_of",
]

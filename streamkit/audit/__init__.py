"""Audit: which deviations occur in a folder of recorded streams, counted per provider and dialect.

```python
from streamkit.audit import audit, find_bodies

report = audit(find_bodies(["recordings/"]))
for group in report.groups:
    print(group.dialect, group.provider, group.streams, group.quirks)
```
"""

from streamkit.audit.counting import Audit, Group, QuirkCount
from streamkit.audit.finding import SUFFIXES, find_bodies
from streamkit.audit.parquet import write_parquet
from streamkit.audit.running import audit
from streamkit.audit.scanning import Scan, scan

__all__ = ["SUFFIXES", "Audit", "Group", "QuirkCount", "Scan", "audit", "find_bodies", "scan", "write_parquet"]

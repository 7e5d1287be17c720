"""Copies of text and JSON that other systems take: for stores and for stored history, never for what was received.

```python
row = streamkit.cleaning.storable(response.text)
body = streamkit.cleaning.sendable(history)
```
"""

from streamkit.dialects.surrogates import scrub
from streamkit.jsontypes import Json, is_array, is_object

__all__ = ["sendable", "storable"]

REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """`text` without NUL and without halves of characters, which databases and C strings refuse (J01, J11)."""
    return scrub(text).replace("\0", REPLACEMENT)


def sendable(value: Json) -> Json:
    """A copy of a JSON value with halves of characters joined or replaced, keys included (J01, J16)."""
    if isinstance(value, str):
        return scrub(value)
    if is_object(value):
        return {sendable(name): sendable(inner) for name, inner in value.items()}
    if is_array(value):
        return [sendable(inner) for inner in value]
    return value

"""What reading a payload may raise because of its bytes, whatever the reader."""

from typing import Final

import msgspec

__all__ = ["REFUSED"]

REFUSED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""No JSON or not as the types want it; characters that are no UTF-8 (J02); nesting beyond what can be read (J05).

What the strict types skip is not looked at closely: a payload that they accept may still be refused as a whole, for a
member that they do not know.
"""

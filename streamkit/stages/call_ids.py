"""Ids of calls that the wire gave none, or the same twice (D09, D11), and what is told about a call late."""

__all__ = ["FINAL_CALL_ID", "FINAL_NAME", "CallIds"]

FINAL_NAME = "final_name"
"""Member of an item's details by which `CallFragments` tells `ToolCalls` a name that came after the start (D02)."""

FINAL_CALL_ID = "final_call_id"
"""The same for an id."""


class CallIds:
    """Hands out the ids of one response's calls, each once in its choice."""

    def __init__(self) -> None:
        self.response_id = ""
        self._taken: dict[tuple[int, str], int] = {}
        """Ids that were handed out, with the last suffix that was tried for each."""

    def take(self, choice: int, call_id: str) -> str:
        """`call_id`, or where another call of the choice has it, that id with the first free suffix (`_d2`)."""
        given, number = call_id, self._taken.get((choice, call_id), 1)
        while (choice, given) in self._taken:
            number += 1
            given = f"{call_id}_d{number}"
        self._taken[choice, call_id] = number
        self._taken.setdefault((choice, given), 1)
        return given

    def derive(self, choice: int, position: int, name: str) -> str:
        """An id from what identifies the call in its response: the same for the same bytes (D09)."""
        from hashlib import blake2b  # noqa: PLC0415 - heavy: it loads OpenSSL

        identity = "\0".join((self.response_id, str(choice), str(position), name))
        digest = blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=12)
        return self.take(choice, f"call_{digest.hexdigest()}")

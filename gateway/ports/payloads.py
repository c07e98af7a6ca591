"""Small JSON values kept by key."""

from collections.abc import Mapping
from typing import Any, Protocol


class Payloads(Protocol):
    """What a button means when that does not fit into the button."""

    async def put_payload(self, token: str, body: Mapping[str, Any]) -> None:
        """Keep it."""
        ...

    async def get_payload(self, token: str) -> Mapping[str, Any] | None:
        """None if it is unknown or was pruned."""
        ...

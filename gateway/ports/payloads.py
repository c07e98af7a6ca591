"""Small JSON values kept by key, in three groups that live differently long (see ``Store.prune``)."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias

ValueOwner: TypeAlias = Literal["adapter", "gateway"]
"""Who keeps a value: an adapter's are pruned by their age, the gateway's own never."""


class Tokens(Protocol):
    """What buttons mean whose token is too long for the platform."""

    async def put_token(self, key: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the token that buttons carry as ``key``."""
        ...

    async def get_token(self, key: str) -> Mapping[str, Any] | None:
        """Return the token, None if it is unknown or was pruned."""
        ...


class KeyValues(Protocol):
    """What adapters and the gateway itself keep beyond the process, by name."""

    async def put_value(self, owner: ValueOwner, name: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the owner's value of that name."""
        ...

    async def get_value(self, owner: ValueOwner, name: str) -> Mapping[str, Any] | None:
        """Return the value, None if it is unknown or was pruned."""
        ...


class MessageRecords(Protocol):
    """What leads from a message on the platform back to the one that a turn sent."""

    async def put_message(self, key: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the record of a message."""
        ...

    async def get_message(self, key: str) -> Mapping[str, Any] | None:
        """Return the record, None if it is unknown or was pruned."""
        ...


class Payloads(Tokens, KeyValues, MessageRecords, Protocol):
    """All three groups."""

"""Small JSON values kept by key, in three groups of different lifetimes (see ``Store.prune``)."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, TypeAlias

ValueOwner: TypeAlias = Literal["adapter", "gateway"]
"""Who stored a value. Values of adapters are pruned by their age, the gateway's own never."""


class Tokens(Protocol):
    """Stores button tokens that are too long for the platform, by the short key that the button carries instead."""

    async def put_token(self, key: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the token that buttons carry as ``key``."""
        ...

    async def get_token(self, key: str) -> Mapping[str, Any] | None:
        """Return the token, None if it is unknown or was pruned."""
        ...


class KeyValues(Protocol):
    """Stores values that adapters and the gateway keep beyond the process, by name."""

    async def put_value(self, owner: ValueOwner, name: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the owner's value of that name."""
        ...

    async def add_value(self, owner: ValueOwner, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Insert the owner's value of that name unless there is one, and return the one that is stored: what is made
        once is the same for all who make it at the same time."""
        ...

    async def get_value(self, owner: ValueOwner, name: str) -> Mapping[str, Any] | None:
        """Return the value, None if it is unknown or was pruned."""
        ...


class MessageRecords(Protocol):
    """Stores what leads from a message on a platform back to the message that a turn sent."""

    async def put_message(self, key: str, body: Mapping[str, Any]) -> None:
        """Insert or replace the record of a message."""
        ...

    async def get_message(self, key: str) -> Mapping[str, Any] | None:
        """Return the record, None if it is unknown or was pruned."""
        ...


class Payloads(Tokens, KeyValues, MessageRecords, Protocol):
    """The store of all three groups of values."""

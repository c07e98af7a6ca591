"""Users in the documented table. A user's id is the identifier."""

from typing import Any

from gateway.data.dynamo import keys
from gateway.data.dynamo.table import Change, Item, Table
from gateway.data.values import clean, now
from gateway.user import PersistedUser, User


async def get(table: Table, identifier: str) -> PersistedUser | None:
    """Return the user with this identifier, None if there is none."""
    item = await table.get(keys.user(identifier))
    return None if item is None else _user(item)


async def put(table: Table, user: User) -> PersistedUser:
    """Store a user and return it; of one that is known only the metadata are replaced."""
    identifier = clean(user.identifier)
    new: dict[str, Any] = {"id": identifier, "identifier": identifier, "createdAt": now()}
    key, metadata = keys.user(identifier), clean(user.metadata)
    await table.update(key, Change(set={"metadata": metadata}, default=new))
    item = await table.get(key)
    return _user(item or {**new, "metadata": metadata})


def _user(item: Item) -> PersistedUser:
    return PersistedUser(
        id=item["id"],
        createdAt=item.get("createdAt") or "",
        identifier=item["identifier"],
        metadata=item.get("metadata") or {},
    )

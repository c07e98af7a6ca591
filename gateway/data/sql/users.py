"""The table of users."""

import uuid

from sqlalchemy import select

from gateway.data.sql.transactions import Transaction
from gateway.data.values import now
from gateway.user import PersistedUser, User


async def get(t: Transaction, identifier: str) -> PersistedUser | None:
    """Return the user with this identifier, None if there is none."""
    users = t.schema.users
    row = await t.row(users, select(users).where(t.schema.equal(users.c.identifier, identifier)))
    if row is None:
        return None
    return PersistedUser(
        id=row["id"],
        createdAt=row.get("createdAt") or "",
        identifier=row["identifier"],
        metadata=row.get("metadata") or {},
    )


async def put(t: Transaction, user: User) -> None:
    """Store a user; of one whose identifier is known only the metadata are replaced."""
    metadata = {"metadata": user.metadata}
    new = {"id": str(uuid.uuid4()), "createdAt": now(), "identifier": user.identifier, **metadata}
    await t.upsert(t.schema.users, new, key="identifier", otherwise=metadata)


async def identifier_of(t: Transaction, user_id: str) -> str:
    """Return the identifier of the user with this id. Raises ``ValueError`` if there is none."""
    users = t.schema.users
    row = await t.row(users, select(users.c.identifier).where(t.schema.equal(users.c.id, user_id)))
    if row is None:
        raise ValueError(f"there is no user with the id {user_id!r}")
    return str(row["identifier"])

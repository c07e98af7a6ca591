"""The keys of the documented single table: which item is which."""

import hashlib
from typing import Any, NamedTuple

from gateway.data.values import clean

INDEX = "UserThread"
"""The global secondary index that lists a user's threads."""
KEY_NAMES = frozenset({"PK", "SK", "UserThreadPK", "UserThreadSK"})
"""Attributes that are keys of the table or its index, and nothing a user stored."""


class Key(NamedTuple):
    """The primary key of an item."""

    PK: str
    SK: str


def user(identifier: str) -> Key:
    """Return the key of a user."""
    return Key(f"USER#{clean(identifier)}", "USER")


def thread(id: str) -> Key:
    """Return the key of a thread. Its steps and elements have the same ``PK``."""
    return Key(f"THREAD#{clean(id)}", "THREAD")


def step(thread_id: str, id: str) -> Key:
    """Return the key of a step of a thread."""
    return Key(thread(thread_id).PK, f"STEP#{clean(id)}")


def element(thread_id: str, id: str) -> Key:
    """Return the key of an element of a thread."""
    return Key(thread(thread_id).PK, f"ELEMENT#{clean(id)}")


def parts(owner: Key, attribute: str = "", version: str = "") -> str:
    """Return what the ``SK`` of the items begins with that hold a long value of a step or an element."""
    digest = hashlib.blake2b(owner.SK.encode(), digest_size=16).hexdigest()
    return f"PART#{digest}#" + (f"{attribute}#{version}#" if attribute else "")


def place(owner_sk: str) -> Key:
    """Return the key of the item that says which thread a step or an element belongs to.

    Args:
        owner_sk: The ``SK`` of the step or element, which names it.
    """
    return Key(owner_sk, owner_sk.partition("#")[0])


def of(item: dict[str, Any]) -> Key:
    """Return the key of an item."""
    return Key(str(item["PK"]), str(item["SK"]))


def thread_id(item: dict[str, Any]) -> str:
    """Return the id of the thread that an item belongs to."""
    return str(item["PK"]).removeprefix("THREAD#")

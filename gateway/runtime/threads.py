"""Reads the thread of a running turn back from where history is kept."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import structlog

from gateway.model import ThreadDict
from gateway.ports import Threads

log = structlog.get_logger(__name__)

STEPS = 1_000
"""How many steps a resumed conversation is given at most, the newest."""
CHARACTERS = 10_000_000
"""How many characters their inputs and outputs have together at most."""
WITHIN = 5.0
"""Seconds in which a thread has to be read. The message that resumes the conversation waits that long at most."""


async def read_thread(threads: Threads | None, id: str) -> ThreadDict | None:
    """Return a thread with its newest steps; None where nothing is kept of it, and where it cannot be read, which is
    logged: the conversation goes on.

    Args:
        threads: Where threads are kept; None where they are not.
        id: The thread's id.
    """
    if threads is None:
        return None
    try:
        async with asyncio.timeout(WITHIN):
            found = await threads.thread(id, limit=STEPS, characters=CHARACTERS)
        return None if found is None else _checked(found)
    except Exception as error:
        # A data layer is the user's own code: whatever it raises must not keep the bot from answering.
        log.warning("thread.unread", thread=id, seconds=WITHIN, exc_info=error)
        return None


def _checked(found: ThreadDict) -> ThreadDict:
    """Return a thread with dicts where those belong. Raises ``TypeError`` for what is no thread: a data layer may
    return anything."""
    given = cast(Mapping[str, Any], found)
    steps, elements = (list[object](given.get(name) or ()) for name in ("steps", "elements"))
    metadata: object = given.get("metadata") or {}
    if not all(isinstance(each, Mapping) for each in (metadata, *steps, *elements)):
        raise TypeError("the thread, its steps, its elements and their metadata have to be dicts")
    return cast(ThreadDict, {**found, "steps": steps, "elements": elements})

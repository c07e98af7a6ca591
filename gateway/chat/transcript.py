"""The newest messages of a conversation, kept with its session in a compact form.

Each entry is a JSON array, so that keeping them costs an event little; the gateway's own key hides them from
``user_session``. A turn that fails is rolled back with the session, and a turn that runs again replaces its own
entries, because ids are the same then.
"""

import time
from typing import Any, Literal, NamedTuple, cast

from gateway.model.text import drop_lone_surrogates
from gateway.runtime.session import OWN
from gateway.runtime.turn import Turn

_KEY = f"{OWN}said"
_MESSAGES = 100
"""Messages kept."""
_CHARACTERS = 50_000
"""Characters kept, over all messages. The newest message is kept in any case, cut to as many characters."""

Role = Literal["user", "assistant", "system"]
"""Who said something, as models name it."""


class Entry(NamedTuple):
    """A message as it is kept."""

    role: Role
    id: str
    text: str
    author: str | None
    at: float
    """When it was said, in seconds since the epoch."""


def read(turn: Turn) -> list[Entry]:
    """Return what was said in the conversation of a turn, oldest first."""
    return [Entry(*each) for each in _entries(turn)]


def is_known(turn: Turn) -> bool:
    """Return whether the session has what was said, though that may be nothing."""
    return _KEY in turn.session.values


def note(turn: Turn, role: Role, id: str, text: str, author: str | None, at: float | None = None) -> None:
    """Keep a message, or replace the text of one kept before."""
    entries = _entries(turn)
    text, author = drop_lone_surrogates(text), drop_lone_surrogates(author) if author else author
    for each in reversed(entries):
        if each[1] == id:
            each[2] = text[:_CHARACTERS]
            break
    else:
        entries.append([role, id, text[:_CHARACTERS], author, time.time() if at is None else at])
    size = sum(len(each[2]) for each in entries)
    while len(entries) > _MESSAGES or (size > _CHARACTERS and len(entries) > 1):
        size -= len(entries.pop(0)[2])
    turn.session.values[_KEY] = entries


def edit(turn: Turn, id: str, text: str) -> None:
    """Replace the text of a message that is kept; of any other nothing is known."""
    if any(each[1] == id for each in _entries(turn)):
        note(turn, "user", id, text, None)


def drop(turn: Turn, id: str) -> bool:
    """Forget a message, and return whether it was kept."""
    entries = _entries(turn)
    left = [each for each in entries if each[1] != id]
    if len(left) == len(entries):
        return False
    turn.session.values[_KEY] = left
    return True


def clear(turn: Turn) -> None:
    """Forget all messages of the conversation's ``chat_context``."""
    turn.session.values[_KEY] = []


def _entries(turn: Turn) -> list[list[Any]]:
    return cast(list[list[Any]], turn.session.values.get(_KEY, []))

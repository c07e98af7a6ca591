"""Ids of threads and items, and who and where they mean to the gateway."""

import hashlib
import secrets

from gateway.model import ConversationRef, UserRef

PLATFORM = "chatkit"
WORKSPACE = "app"
"""The workspace of all people and threads: a gateway has one ChatKit."""

_PARTS = "-"
"""What separates the id of a message from the part that an item shows of it."""


def new_id(prefix: str) -> str:
    """Return an id that nobody can guess: the prefix and 32 hexadecimal digits."""
    return id_of(prefix, secrets.token_hex(16))


def id_of(prefix: str, seed: str) -> str:
    """Return the id that is derived from a seed."""
    return f"{prefix}_{seed}"


def message_id(to: ConversationRef, key: str) -> str:
    """Return the id of the bot's message that is sent into a thread under a key: the same for the same key, so that a
    message which is sent again replaces itself."""
    named = f"{to.thread}\n{key}".encode("utf-8", "replace")
    return f"msg_{hashlib.blake2b(named, digest_size=16).hexdigest()}"


def item_id(message: str, part: str) -> str:
    """Return the id of the item that shows a part of a message (``plan``, ``controls``)."""
    return f"{message}{_PARTS}{part}"


def message_of(item: str) -> str:
    """Return the id of the message that an item is a part of."""
    return item.partition(_PARTS)[0]


def person(user: str) -> UserRef:
    """Return who a session's ``user`` is to the gateway. Nothing else is known of people, so that is their name too."""
    return UserRef(platform=PLATFORM, workspace=WORKSPACE, id=user, name=user)


def conversation(user: str, thread: str) -> ConversationRef:
    """Return the conversation that is a thread of a session's ``user``."""
    return ConversationRef(platform=PLATFORM, workspace=WORKSPACE, channel=user, thread=thread, kind="dm")

"""What a button or a form means, written into the token it carries, so that a click after a restart still means it.

A token is compact JSON. One too long for the platform is kept in the store and the button carries a short key to it
(``s:`` and a hash), which opens it in the conversation it was made for and in no other.

That a token says something proves nothing: it comes back from a person's client, perhaps from another place or long
after its button was taken away. Who acts on it checks it against what stands: an ``ActionToken`` against the record of
its message (``gateway.chat.sent``), an ``AskToken`` or ``UploadToken`` against the open asks of the conversation
(``gateway.runtime.asks``), a ``RatingToken`` or ``CommentToken`` by its seal (``gateway.runtime.seals``).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from gateway.model import to_json
from gateway.ports import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionToken:
    """A button with a callback."""

    kind: Literal["a"] = "a"
    name: str
    payload: Mapping[str, Any]
    label: str = ""
    id: str
    message: str
    """Id of the message it stands under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToken:
    """A button that answers an ask. ``index`` is the action's place in the ask's list, ``name`` the action's name: a
    turn that runs again may list its actions in another order."""

    kind: Literal["q"] = "q"
    delivery: str
    ordinal: int
    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadToken:
    """The button of a file ask: it opens a form with a file field, and is that form's token too."""

    kind: Literal["u"] = "u"
    delivery: str
    ordinal: int
    label: str
    extensions: tuple[str, ...] = ()
    max_files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentToken:
    """The form that takes a comment for thumbs already given, by one person."""

    kind: Literal["f"] = "f"
    message: str
    value: Literal[0, 1]
    seal: str = ""


@dataclass(frozen=True, slots=True)
class RatingToken:
    """Thumbs under a message. It is never written as JSON: what they carry is the message's id and a seal."""

    message: str


Token = Annotated[ActionToken | AskToken | UploadToken | CommentToken, Field(discriminator="kind")]
AnyToken = ActionToken | AskToken | UploadToken | CommentToken | RatingToken

_TOKEN: TypeAdapter[Token] = TypeAdapter(Token)


def pack(token: Token) -> str:
    """The token as text, whatever its length."""
    return orjson.dumps(to_json(token, sparse=True) | {"kind": token.kind}).decode()


async def write(token: Token, *, conversation: str, limit: int, store: Tokens) -> str:
    """The token as text of at most ``limit`` UTF-8 bytes; a longer one is kept in the store first, for use in this
    conversation (``ConversationRef.key``)."""
    text = pack(token)
    if len(text.encode()) <= limit:
        return text
    key = "s:" + hashlib.blake2b(f"{conversation}\n{text}".encode(), digest_size=16).hexdigest()
    await store.put_token(key, {"conversation": conversation, "token": orjson.loads(text)})
    return key


async def read(text: str, store: Tokens, *, conversation: str, inline: bool = True) -> Token | None:
    """What a token says; None for one that is not ours, was pruned or belongs to another conversation, and without
    ``inline`` for one that says it itself: whoever clicked could have written it."""
    try:
        if text.startswith("s:"):
            body = await store.get_token(text)
            return None if body is None else _kept(body, conversation)
        return _TOKEN.validate_json(text) if inline else None
    except ValidationError:
        return None


def _kept(body: Mapping[str, Any], conversation: str) -> Token | None:
    if "token" not in body:
        return _TOKEN.validate_python(body)  # written before it said where it belongs: what stands decides
    return _TOKEN.validate_python(body["token"]) if body["conversation"] == conversation else None

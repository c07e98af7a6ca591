"""Tokens: a button or a form carries its meaning in a token, so that a click still works after a restart.

A token is compact JSON. One that is too long for the platform is kept in the store, and the button carries a short key
of it (``s:`` and a hash), which is valid only in the conversation for which the token was made.

A token proves nothing by itself: it comes from a person's client, perhaps from another conversation or long after its
button was removed. Code that acts on a token has to check it: an ``ActionToken`` against the record of its message
(``gateway.chat.sent``), an ``AskToken``, ``UploadToken`` or ``ElementToken`` against the open asks of the conversation
(``gateway.runtime.asks``), a ``RatingToken`` or ``CommentToken`` by its seal (``gateway.runtime.seals``), a
``SettingsToken``, ``ProfileToken`` or ``StarterToken`` against what the session of the conversation offers.
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
    """Id of the message that the button belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskToken:
    """A button that answers an ask. ``index`` is the action's place in the ask's list and ``name`` the action's name,
    by which it is found when a turn that runs again lists its actions in another order."""

    kind: Literal["q"] = "q"
    delivery: str
    ordinal: int
    index: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadToken:
    """The button of a file ask. It opens a form with a file field, which carries the same token."""

    kind: Literal["u"] = "u"
    delivery: str
    ordinal: int
    label: str
    extensions: tuple[str, ...] = ()
    max_files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementToken:
    """The button of an element ask that opens a form, and that form's token too (``gateway.runtime.element_form``)."""

    kind: Literal["e"] = "e"
    delivery: str
    ordinal: int
    title: str
    whole: bool
    """Whether the form is all that is asked, so that its submission is the answer."""
    widgets: tuple[Mapping[str, Any], ...]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentToken:
    """The form in which a person comments on the feedback that the person has given."""

    kind: Literal["f"] = "f"
    message: str
    value: Literal[0, 1]
    seal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsToken:
    """A button that opens a page of the conversation's settings, and that form's token too."""

    kind: Literal["s"] = "s"
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileToken:
    """A button that chooses a chat profile by its name."""

    kind: Literal["p"] = "p"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterToken:
    """A button that says one of the starters the conversation offers, by its place among them."""

    kind: Literal["t"] = "t"
    index: int


@dataclass(frozen=True, slots=True)
class RatingToken:
    """The feedback buttons under a message. It is never written as JSON: the buttons carry the message's id and a
    seal."""

    message: str


Token = Annotated[
    ActionToken | AskToken | UploadToken | ElementToken | CommentToken | SettingsToken | ProfileToken | StarterToken,
    Field(discriminator="kind"),
]
AnyToken = (
    ActionToken
    | AskToken
    | UploadToken
    | ElementToken
    | CommentToken
    | SettingsToken
    | ProfileToken
    | StarterToken
    | RatingToken
)

_TOKEN: TypeAdapter[Token] = TypeAdapter(Token)


def pack(token: Token) -> str:
    """Return the token as text of any length."""
    return orjson.dumps(to_json(token, sparse=True) | {"kind": token.kind}).decode()


async def write(token: Token, *, conversation: str, limit: int, store: Tokens) -> str:
    """Return the token as text of at most ``limit`` UTF-8 bytes. A longer token is put into the store and its key
    returned, which is valid only in this conversation (``ConversationRef.key``)."""
    text = pack(token)
    if len(text.encode()) <= limit:
        return text
    key = "s:" + hashlib.blake2b(f"{conversation}\n{text}".encode(), digest_size=16).hexdigest()
    await store.put_token(key, {"conversation": conversation, "token": orjson.loads(text)})
    return key


async def read(text: str, store: Tokens, *, conversation: str, inline: bool = True) -> Token | None:
    """Return the token that a text or a key of the store stands for. None if it is invalid, was pruned or belongs to
    another conversation. Without ``inline`` only tokens of the store are returned, because whoever clicked could have
    written any other."""
    try:
        if text.startswith("s:"):
            body = await store.get_token(text)
            return None if body is None else _kept(body, conversation)
        return _TOKEN.validate_json(text) if inline else None
    except ValidationError:
        return None


def _kept(body: Mapping[str, Any], conversation: str) -> Token | None:
    if "token" not in body:
        # An older version stored no conversation. Whoever acts on the token checks it anyway.
        return _TOKEN.validate_python(body)
    return _TOKEN.validate_python(body["token"]) if body["conversation"] == conversation else None

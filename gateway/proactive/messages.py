"""Sends single messages that programs ask for: each is a delivery of its conversation, stored before it is promised."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple, Protocol, TypeAlias

from gateway.errors import RequestRefused
from gateway.model import Accepted, ConversationRef, Document, Envelope, UserRef, from_json, to_json
from gateway.ports import DeliveryState, Documents, Inbox
from gateway.ports.documents import REQUESTED_MESSAGE
from gateway.proactive.destinations import Destination, Destinations
from gateway.proactive.requests import IdempotencyKeys, digest_of
from gateway.runtime.endings import DeliveryEndings
from gateway.runtime.ids import timed_id
from gateway.runtime.own import key_of_message, saying

Take: TypeAlias = Callable[[Envelope], Awaitable[Accepted]]
"""Puts an envelope of the gateway itself into the inbox (``Acceptor.take``)."""
Status: TypeAlias = Literal["queued", "sent", "failed"]

CUT_OFF = "the conversation ended, or its turn was cut off, before it was sent"
"""Why a message was not sent whose delivery is done all the same."""
NEVER_STORED = "the gateway ended before it was stored: ask again"


class MessageStore(Documents, Inbox, Protocol):
    """The store, as far as messages of programs need it."""


class Wanted(NamedTuple):
    """What a program wants said, and where."""

    to: str
    """The name of the destination (see ``Destinations.find``)."""
    text: str
    """Markdown."""
    author: str | None
    """The name it is shown under; None for the bot's own."""


class RequestedMessage(NamedTuple):
    """A message that a program asked for."""

    id: str
    """Its id, here and in history."""
    conversation: str
    """``ConversationRef.key``."""
    status: Status
    error: str = ""
    """Why it was not sent, or not yet; empty where it did not fail."""
    repeated: bool = False
    """Whether the request was repeated under its key, and did nothing."""


class ProactiveMessages:
    """Sends messages that programs ask for, and tells how far they are.

    Args:
        store: The store.
        destinations: What finds conversations.
        take: What puts them into the inbox.
        endings: What tells when they are sent.
    """

    def __init__(
        self, *, store: MessageStore, destinations: Destinations, take: Take, endings: DeliveryEndings
    ) -> None:
        self._store = store
        self._destinations = destinations
        self._take = take
        self._endings = endings
        self._keys = IdempotencyKeys(store)

    async def send(
        self, wanted: Wanted, *, requester: str, key: str | None = None, wait: float = 0
    ) -> RequestedMessage:
        """Send a message. When this returns it is stored, and goes out in the order of its conversation.

        Args:
            wanted: What, and where.
            requester: The id of the API key that asks.
            key: The request's idempotency key. A request that is repeated under its key sends nothing.
            wait: Seconds to wait for the message to be sent or to fail.

        Raises ``RequestRefused`` for a destination that cannot be written to and for a key that was used for another
        request, ``Draining`` and ``StoreFailed``.
        """
        document = await self._document(wanted, requester, key)
        delivery = key_of_message(document.id)
        with self._endings.watched(delivery) as ended:
            state = await self._state(delivery)
            if state is None:
                await self._put(document, wanted)
            if wait > 0 and (state is None or state.state == "open"):
                await asyncio.wait((ended,), timeout=wait)
        return _described(document, await self._state(delivery))._replace(repeated=state is not None)

    async def find(self, id: str) -> RequestedMessage:
        """Return how far a message is. Raises ``RequestRefused`` (404) for an id that is not known."""
        document = await self._store.get_document(REQUESTED_MESSAGE, id)
        if document is None:
            raise RequestRefused(404, "no such message is known, or it was asked for more than seven days ago")
        return _described(document, await self._state(key_of_message(id)))

    async def _document(self, wanted: Wanted, requester: str, key: str | None) -> Document:
        """Return what is noted of the message, which a request with the same key may have done before."""
        place: Destination | None = None
        if key is None:
            id = new_id()
        else:
            digest = digest_of("message", *wanted)
            known = await self._keys.find(requester, key, digest)
            if known is None:
                place = await self._destinations.find(wanted.to)
                known = await self._keys.claim(requester, key, digest, new_id())
            elif (document := await self._store.get_document(REQUESTED_MESSAGE, known)) is not None:
                return document
            id = known
        place = place or await self._destinations.find(wanted.to)
        document = _noted(id, place)
        if not await self._store.add_document(document):  # a request at the same time was first, with the same place
            return await self._store.get_document(REQUESTED_MESSAGE, id) or document
        return document

    async def _put(self, document: Document, wanted: Wanted) -> None:
        body = document.body
        ref = from_json(ConversationRef, body["ref"])
        user = from_json(UserRef, body["user"]) if body.get("user") else None
        envelope = saying(document.id, ref, wanted.text, author=wanted.author, user=user, now=body["at"])
        if (await self._take(envelope)).status == "ignored":
            raise RequestRefused(409, f"{ref.platform} is not on", where="ref")

    async def _state(self, delivery: str) -> DeliveryState | None:
        return (await self._store.states([delivery])).get(delivery)


def new_id() -> str:
    """Return an id that nobody can guess and that begins with the time, as all ids of history do."""
    return timed_id(time.time(), secrets.token_hex(16))


def outcome_of(state: DeliveryState | None) -> tuple[Status, str]:
    """Return what became of a message whose delivery is in this state, and why it failed."""
    match state:
        case None:
            return "failed", NEVER_STORED
        case DeliveryState(state="open"):
            return "queued", state.error
        case DeliveryState(state="dead"):
            return "failed", state.error
        case _:
            return ("sent", "") if state.posted else ("failed", CUT_OFF)


def _noted(id: str, place: Destination) -> Document:
    ref, user = place
    body = {"ref": to_json(ref), "user": None if user is None else to_json(user), "at": time.time()}
    return Document(
        kind=REQUESTED_MESSAGE,
        id=id,
        body=body,
        person="" if user is None else user.key,
        conversation=ref.key,
    )


def _described(document: Document, state: DeliveryState | None) -> RequestedMessage:
    return RequestedMessage(document.id, document.conversation, *outcome_of(state))

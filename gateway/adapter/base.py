"""The interface a platform adapter implements.

An adapter translates at the edge: vendor types never leave its folder, ``parse`` (and its own ``render``) are pure
functions over JSON, and vendor errors become ``gateway.errors`` in one function.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Protocol

from starlette.routing import BaseRoute

from gateway.model import Accepted, Capabilities, ConversationRef, Envelope, Event, Outgoing, Receipt, RemoteFile

Accept = Callable[[Envelope], Awaitable[Accepted]]
"""Stores a delivery. Returning means it is durable, so the adapter acknowledges; raising means it is not, so the
adapter does not acknowledge and the platform delivers again."""


class Adapter(Protocol):
    """One platform, made from its settings and its ``AdapterContext``."""

    name: ClassVar[str]
    """The platform's name, as in ``ConversationRef.platform``: ``slack``."""
    capabilities: ClassVar[Capabilities]
    """The platform's limits and abilities."""

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Return the routes to serve; empty for a platform reached by socket."""
        ...

    def connect(self, accept: Accept) -> AbstractAsyncContextManager[None]:
        """Hold what outlives a request (the HTTP session, a socket). Entered before the server takes requests.

        Raises ``SettingsError`` for what only the operator can mend (a token that is refused): the gateway then runs
        with its other platforms. While the platform cannot be reached the adapter stays up, reports it in ``health``
        and keeps trying.
        """
        ...

    def health(self) -> str | None:
        """Return None while the platform can be reached, else one line saying what is wrong (shown by ``/readyz``)."""
        ...

    def parse(self, envelope: Envelope) -> Event | None:
        """Return the event in a delivery; None for one that is of no interest. Pure.

        A token that comes back proves nothing: the core compares it with the message that was posted. For that ``ref``
        must be the conversation the click was made in, and ``ActionInvoked.message_id`` the ``Receipt.id`` of the
        message the button is in, both as the platform (not the control itself) tells them.
        """
        ...

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message. ``key`` is sent along where the platform can carry it, so that ``find`` or a nonce can
        recognise the message."""
        ...

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given; idempotent. Also ends a native stream that a dead process left open in it."""
        ...

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message. One that is gone already is not an error."""
        ...

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show that the bot is working (typing, a status line), or with None that it no longer is."""
        ...

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """Return the file's bytes; more than ``limit`` bytes raise ``TooLarge``. Credentials are never sent to another
        host."""
        ...

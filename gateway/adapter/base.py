"""The interface a platform adapter implements.

An adapter translates at the edge: vendor types never leave its folder, ``parse`` (and its own ``render``) are pure
functions over JSON, and vendor errors become ``gateway.errors`` in one function.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import ClassVar, Protocol

from starlette.routing import Route

from gateway.model import Accepted, Capabilities, ConversationRef, Envelope, Event, Outgoing, Receipt, RemoteFile

Accept = Callable[[Envelope], Awaitable[Accepted]]
"""Returned = durable, so acknowledge. Raised = do not acknowledge, so the platform redelivers."""


class Adapter(Protocol):
    """One platform. Made from its settings and its ``AdapterContext``."""

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def routes(self, accept: Accept) -> Sequence[Route]:
        """Return the webhooks to serve: ordinary Starlette routes, whose paths may carry parameters
        (``/slack/events/{app}``). A platform reached by a socket has none."""
        ...

    def connect(self, accept: Accept) -> AbstractAsyncContextManager[None]:
        """Hold what outlives a request (the HTTP session, a socket). Entered before the server takes requests.

        Raises ``SettingsError`` for what only the operator can mend (a token that is refused): the gateway goes on with
        its other platforms. While the platform cannot be reached, it stays up, says so in ``health`` and tries on.
        """
        ...

    def health(self) -> str | None:
        """None while the platform can be reached; else one line saying what is wrong (shown by ``/readyz``)."""
        ...

    def parse(self, envelope: Envelope) -> Event | None:
        """The event in a delivery, None for one that is of no interest. Pure.

        A token that comes back proves nothing: the core compares it with what stands. For that ``ref`` must be the
        conversation the click was made in, and ``ActionInvoked.message_id`` the ``Receipt.id`` of the message the
        button stands under, both as the platform (not the control itself) tells them.
        """
        ...

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message. ``key`` is carried along where the platform can, so ``find`` or a nonce can recognise it."""
        ...

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given. Idempotent. Ends a native stream a dead process left open in it."""
        ...

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message. One that is gone already is not an error."""
        ...

    async def status(self, to: ConversationRef, text: str | None) -> None:
        """Show that the bot is working (typing, a status line), or with None that it no longer is."""
        ...

    def download(self, file: RemoteFile, *, limit: int) -> AsyncIterator[bytes]:
        """The file's bytes; more than ``limit`` raises ``TooLarge``. Credentials never follow to another host."""
        ...

"""THE interface a platform adapter implements.

An adapter translates at the edge: vendor types never leave its folder, ``parse`` (and its own ``render``) are pure
functions over JSON, and vendor errors become ``gateway.errors`` in one function. Extras are separate small
protocols the core finds by ``isinstance``; where one is missing the core degrades in one place.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from starlette.routing import Route

from gateway.model import (
    Accepted,
    Capabilities,
    ConversationRef,
    Envelope,
    Event,
    HistoryMessage,
    MessageCreated,
    Outgoing,
    OutgoingFile,
    Profile,
    Receipt,
    RemoteFile,
    Starter,
    TaskUpdate,
    UserRef,
)

Accept = Callable[[Envelope], Awaitable[Accepted]]
"""Returned = durable, so acknowledge. Raised = do not acknowledge, so the platform redelivers."""


class HeldFile(NamedTuple):
    """A file kept for a while."""

    name: str
    mime: str
    path: Path
    size: int
    """Bytes."""


class HeldFiles(Protocol):
    """Files for platforms that take them later than the message: on the user's consent, or by a link."""

    async def hold(self, file: OutgoingFile, *, key: str, conversation: str = "") -> str:
        """Keep a copy for some days; its id, the same for the same key, name and conversation. ``conversation``
        (``ConversationRef.key``) is where it is offered: from elsewhere its id opens nothing."""
        ...

    async def find(self, id: str, *, conversation: str = "") -> HeldFile | None:
        """The file, if it was held for this conversation. None when it is unknown, was dropped, or belongs to another
        one: an id that came back from a client proves nothing by itself."""
        ...

    async def drop(self, id: str) -> None:
        """It is not needed any more."""
        ...

    def link(self, id: str, *, seconds: float) -> str | None:
        """A signed address it can be downloaded from for so long; None when the gateway's own address is not known
        (``GATEWAY_PUBLIC_URL``)."""
        ...


class Memory(Protocol):
    """A few small values an adapter keeps beyond its process, by name (``discord.session.0``)."""

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Returns once it is durable."""
        ...

    async def recall(self, name: str) -> Mapping[str, Any] | None:
        """What was kept last; None if nothing was, or not for 90 days."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter may know of the gateway around it."""

    max_body_bytes: int = 1_048_576
    """The largest webhook body to take; more is answered 413."""
    loopback: bool = False
    """Only this machine can reach the gateway."""
    files: HeldFiles | None = None
    memory: Memory | None = None
    """Can be used while connected."""


class AppOptions(NamedTuple):
    """What an app manifest is made from; a platform takes what it needs."""

    name: str = "Gateway bot"
    url: str = "https://YOUR-HOST"
    """Where the platform reaches the bot."""
    socket_mode: bool = False
    app_id: str | None = None


class Adapter(Protocol):
    """One platform. Made from its settings and its ``Surroundings``."""

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def routes(self, accept: Accept) -> Sequence[Route]:
        """The webhooks to serve, each at a path without parameters; empty for a platform reached by socket."""
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


@runtime_checkable
class SupportsLookup(Protocol):
    """Can tell whether an earlier send reached the platform, though its receipt was lost in a crash."""

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """The message sent under ``key``, looking at the bot's own messages after ``since`` (epoch seconds).

        ``claimed`` are ids already known to belong to other sends. A message that cannot carry a key (a running
        native stream, an upload) is recognised by being the bot's own, later than ``since`` and unclaimed.
        """
        ...


@runtime_checkable
class SupportsStreaming(Protocol):
    """Native streams. Every call returns the receipt to use for the next one."""

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        """Begin with ``text``, under another name than the bot's own where ``author`` is given and the platform can;
        None where this conversation cannot stream natively (the core then posts and edits)."""
        ...

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        """Add ``delta``; ``text`` is everything so far, ``delta`` included. May raise ``StreamExpired`` (go on by
        editing) or ``StreamStopped`` (the user wants no more)."""
        ...

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """Add the last ``delta``, finish; ``message`` is the whole, with its buttons. May raise as
        ``append_stream``."""
        ...


@runtime_checkable
class SupportsCompletion(Protocol):
    """Can ask the platform for the rest of a message of which a delivery brought only a part.

    ``parse`` marks such a message ``partial``. When it comes a second time (Slack sends a mention as two events under
    one key), the core merges the two by itself, whichever comes first; this is asked only where no twin came within
    ``gateway.runtime.twins.TWIN_WITHIN`` seconds, and before the handler is called.
    """

    async def complete(self, message: MessageCreated) -> MessageCreated:
        """The message with all of its text, files and references. The core merges the result into what it has."""
        ...


@runtime_checkable
class SupportsHistory(Protocol):
    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        """The newest messages of the conversation, oldest first."""
        ...


@runtime_checkable
class SupportsReactions(Protocol):
    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Put the bot's reaction on a message, or take it off."""
        ...


@runtime_checkable
class SupportsProfiles(Protocol):
    async def profile(self, user: UserRef) -> Profile:
        """What the platform tells about a user. Not cached here: the core does that."""
        ...


@runtime_checkable
class SupportsTitles(Protocol):
    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Name the conversation."""
        ...


@runtime_checkable
class SupportsStarters(Protocol):
    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Show prompts the user can pick."""
        ...


@runtime_checkable
class SupportsNotices(Protocol):
    async def notify(self, to: ConversationRef, user: UserRef, text: str) -> None:
        """Tell one user, visible to nobody else."""
        ...


class Emulator(Protocol):
    """A stateful stand-in for a platform, speaking its wire protocol on loopback.

    Tests call it directly; the playground shows it to a person. ``snapshot``, ``act`` and ``watch`` speak JSON the
    page's tab for this platform understands.
    """

    name: ClassVar[str]

    async def start(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve the platform's API; port 0 picks a free one."""
        ...

    async def stop(self) -> None:
        """Stop serving and delivering."""
        ...

    def environment(self) -> Mapping[str, str]:
        """The settings (``SLACK_API_URL``, tokens, secrets) that point an adapter at this emulator."""
        ...

    def deliver_to(self, base_url: str) -> None:
        """Where the bot listens, e.g. ``http://127.0.0.1:8000``."""
        ...

    def snapshot(self) -> Mapping[str, Any]:
        """Everything a person would see now."""
        ...

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do what a person does: post, upload, click, submit, react, stop."""
        ...

    def watch(self) -> AsyncIterator[Mapping[str, Any]]:
        """Changes as they happen: ``{"type": "change", …}`` for the view, ``{"type": "wire", …}`` for the inspector."""
        ...

"""The optional abilities of an adapter: small protocols that the core finds by ``isinstance``. Where one is missing,
the core degrades in one place (``gateway.egress.sender``)."""

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from gateway.model import (
    AccessFacts,
    Command,
    ConversationRef,
    Envelope,
    HistoryMessage,
    MessageCreated,
    Outgoing,
    Profile,
    Receipt,
    Starter,
    TaskUpdate,
    UserRef,
)


@runtime_checkable
class SupportsLookup(Protocol):
    """An adapter that can tell whether an earlier send reached the platform, though its receipt was lost in a crash."""

    async def find(
        self, to: ConversationRef, message: Outgoing, *, key: str, since: float, claimed: Collection[str]
    ) -> Receipt | None:
        """Find the message sent under ``key`` among the bot's own messages after ``since`` (epoch seconds); None if
        there is none.

        ``claimed`` are ids already known to belong to other sends. A message that cannot carry a key (a running native
        stream, an upload) is recognised by being the bot's own, later than ``since`` and unclaimed.
        """
        ...


@runtime_checkable
class SupportsStreaming(Protocol):
    """An adapter with native streams. Every call returns the receipt to use for the next one."""

    async def start_stream(
        self, to: ConversationRef, text: str, *, key: str, recipient: UserRef | None, author: str | None = None
    ) -> Receipt | None:
        """Begin a stream with ``text``, under another name than the bot's own where ``author`` is given and the
        platform can. None where this conversation cannot stream natively (the core then posts and edits)."""
        ...

    async def append_stream(
        self, receipt: Receipt, *, delta: str, text: str, tasks: Sequence[TaskUpdate] = ()
    ) -> Receipt:
        """Add ``delta`` to the stream; ``text`` is everything so far, ``delta`` included. May raise ``StreamExpired``
        (continue by editing) or ``StreamStopped`` (the user wants no more)."""
        ...

    async def stop_stream(self, receipt: Receipt, message: Outgoing, *, delta: str, key: str) -> Receipt:
        """Add the last ``delta`` and end the stream; ``message`` is the whole message, with its buttons. May raise the
        same as ``append_stream``."""
        ...


@runtime_checkable
class SupportsCompletion(Protocol):
    """An adapter that can ask the platform for the rest of a message of which a delivery brought only a part.

    ``parse`` marks such a message ``partial``. When it comes a second time (Slack sends a mention as two events under
    one key), the core merges the two by itself, whichever comes first; ``complete`` is called only where no twin came
    within ``gateway.runtime.twins.TWIN_WITHIN`` seconds, and before the handler is called.
    """

    async def complete(self, message: MessageCreated) -> MessageCreated:
        """Return the message with all of its text, files and references. The core merges the result into what it
        has."""
        ...


@runtime_checkable
class SupportsDirectMessages(Protocol):
    """An adapter that can begin a conversation with a person who has not written yet."""

    async def open_dm(self, user: UserRef) -> ConversationRef:
        """Return the conversation in which the bot writes to this person directly. Calling it again returns the same
        one. Raises ``Gone`` or ``Rejected`` when there is no such person, ``Forbidden`` when they may not be written
        to."""
        ...


@runtime_checkable
class SupportsHistory(Protocol):
    """An adapter that can read a conversation back from the platform."""

    async def history(self, to: ConversationRef, *, limit: int) -> Sequence[HistoryMessage]:
        """Return the newest messages of the conversation, oldest first."""
        ...


@runtime_checkable
class SupportsReactions(Protocol):
    """An adapter that can put reactions on messages."""

    async def react(self, to: ConversationRef, message_id: str, emoji: str, *, added: bool) -> None:
        """Put the bot's reaction on a message, or take it off."""
        ...


@runtime_checkable
class SupportsProfiles(Protocol):
    """An adapter that can look users up."""

    async def profile(self, user: UserRef) -> Profile:
        """Return what the platform tells about a user. The core caches it, the adapter does not."""
        ...


@runtime_checkable
class SupportsHandover(Protocol):
    """An adapter of which only one replica does something at a time (holds a connection)."""

    async def hand_over(self) -> None:
        """Let another replica do it now, because this one ends: it takes no more deliveries but those of webhooks, and
        goes on with everything else. Called once at most."""
        ...


@runtime_checkable
class SupportsTitles(Protocol):
    """An adapter that can name conversations."""

    async def set_title(self, to: ConversationRef, title: str) -> None:
        """Set the conversation's title."""
        ...


@runtime_checkable
class SupportsCommands(Protocol):
    """An adapter that can tell its platform which commands a bot has, so that people are offered them."""

    async def set_commands(self, commands: Sequence[Command]) -> None:
        """Make these the bot's own commands, beside ``gateway.model.COMMANDS``, in all conversations. Called when they
        change, and once after a start. An invocation comes back as ``CommandInvoked``."""
        ...


@runtime_checkable
class SupportsStarters(Protocol):
    """An adapter that can suggest prompts."""

    async def suggest(self, to: ConversationRef, starters: Sequence[Starter]) -> None:
        """Show prompts that the user can pick."""
        ...


@runtime_checkable
class SupportsNotices(Protocol):
    """An adapter that can show a message to one user alone."""

    async def notify(self, to: ConversationRef, user: UserRef, text: str, *, aloud: bool = True) -> None:
        """Show a text to one user, visible to nobody else. Where that cannot be done now, ``aloud`` allows to say it in
        the conversation; without, ``Forbidden`` is raised."""
        ...


class IdForm(NamedTuple):
    """What the ids of one kind look like on a platform, so that a name in their place is noticed at the start."""

    pattern: str
    """A regular expression that every such id matches as a whole."""
    example: str


class Connection(NamedTuple):
    """A standing connection to a platform, such as a socket."""

    name: str
    """What it is (``socket``, ``shard 0``), not the same for two of a platform."""
    since: float | None
    """Since when it is up, in seconds since the epoch; None while it is not."""
    problem: str | None
    """What is wrong with it; None while it is up."""


@runtime_checkable
class SupportsConnections(Protocol):
    """An adapter that can hold standing connections to its platform, over which deliveries come. ``/readyz`` shows
    them."""

    def connections(self) -> Sequence[Connection]:
        """Return those that this process holds or tries to hold; none where deliveries come by webhooks, or other
        replicas hold them."""
        ...


@runtime_checkable
class SupportsAccessFacts(Protocol):
    """An adapter that tells what access rules ask of people and places. Without it only their ids are known, and a rule
    that asks for more denies on this platform."""

    rule_ids: ClassVar[Mapping[str, IdForm]]
    """What rules can name on this platform, among ``workspace``, ``channel``, ``user`` and ``group``, with the form of
    its ids."""

    def facts_told(self, envelope: Envelope) -> AccessFacts:
        """Return what the delivery itself tells. Does no I/O."""
        ...

    async def facts_of(self, user: UserRef, where: ConversationRef, *, groups: Collection[str]) -> AccessFacts:
        """Return what the platform tells of a person in a conversation. The core caches it.

        Args:
            user: The person.
            where: The conversation they did something in.
            groups: Ids of the groups that rules name. Which of them the person is in is ``AccessFacts.groups``.
        """
        ...

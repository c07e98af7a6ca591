"""What a test needs of an emulated platform, in words that hold for all of them. Each platform's tests implement it.

A driver is thin: it turns these words into calls of its platform's emulator and back, and judges nothing. It never asks
the adapter anything: what a test reads is what a person sees, what it counts is what went over the wire.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeVar

from gateway.adapter import Adapter, AdapterContext, extras
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.common.faults import Hold
from gateway.model import Capabilities, UserRef

__all__ = [
    "EXTRAS",
    "Facts",
    "FieldInput",
    "File",
    "Method",
    "Person",
    "Place",
    "Post",
    "Said",
    "ShownForm",
    "Trouble",
    "World",
]

T = TypeVar("T")

EXTRAS: frozenset[type] = frozenset(
    {
        extras.SupportsAccessFacts,
        extras.SupportsCommands,
        extras.SupportsCompletion,
        extras.SupportsConnections,
        extras.SupportsDirectMessages,
        extras.SupportsHandover,
        extras.SupportsHistory,
        extras.SupportsLookup,
        extras.SupportsNotices,
        extras.SupportsProfiles,
        extras.SupportsReactions,
        extras.SupportsStarters,
        extras.SupportsStreaming,
        extras.SupportsTitles,
    }
)
"""Every protocol that an adapter may have beyond ``Adapter``."""

Person = Literal["Ada", "Grace"]
"""Who uses the platform. Both are members of the channel; the direct messages are Ada's."""

Method = Literal[
    "identify", "send", "edit", "delete", "upload", "status", "form", "stream_start", "stream_append", "stream_stop"
]
"""A call of the bot, whatever the platform names it: the first call it makes when it connects; posting, editing and
deleting a message; handing over a file's bytes (on a platform where they travel inside the message, the same as
``send``); the sign that it works; opening a form; the three of a native stream. A driver raises ``KeyError`` for what
its platform does not have."""

Trouble = Literal["rate_limited", "server_error", "disconnected", "forbidden", "gone"]
"""What a call meets: 429; a 5xx the SDK does not retry by itself; a connection that breaks; a missing permission; a
conversation that is not there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What differs between platforms and is no field of ``Capabilities``."""

    token_setting: str
    """The setting a refused token's error must name: ``SLACK_BOT_TOKEN``."""
    permission: str
    """What ``Forbidden`` must name when a call met the trouble ``forbidden``."""
    emoji: str
    """A reaction people use here, by the name ``ReactionChanged.emoji`` gives it; empty where there are none."""
    everyone: str
    """How a text notifies the whole channel, had it its way: ``<!channel>``, ``@everyone``."""
    exactly_once_sends: bool
    """A send whose record was lost in a crash is not doubled (by lookup or nonce). Else what was sent in the moment
    before a crash (``gateway.runtime.journal.FLUSH_AFTER``) may stand twice, and the platform's page in the docs says
    so."""
    redelivers: bool
    """What the bot did not take comes again."""
    extras: frozenset[type]
    """The ``Supports…`` protocols of ``gateway.adapter`` that the adapter has: all of these, and no others."""
    pings_everyone: bool = True
    """A bot can notify the whole channel where it is allowed to."""
    stop_button: bool = False
    """The platform has its own button to stop an answer that is being written."""
    slash_commands: bool = False
    """Commands arrive as such, not only as text."""
    opening: bool = False
    """The bot hears that somebody opened the direct messages without writing yet."""
    edits: bool = True
    """People edit and delete what they wrote."""
    other: Person = "Grace"
    """Who else than Ada can take part in a conversation of hers: herself where nobody else can."""
    guests: bool = False
    """People can be guests of a workspace."""
    externals: bool = False
    """People of other organisations can write to the bot."""
    groups: bool = False
    """A bot hears of people's groups or roles."""
    tells_who_deletes: bool = True
    """The bot hears whose message was deleted."""
    own_threads: bool = False
    """People open the threads themselves, each their own; else the bot's first answer to a mention opens one."""
    session: Mapping[str, object] = field(default_factory=dict[str, object])
    """What every session of a conversation has from the platform."""


class World(Protocol):
    """A platform with a workspace, one channel, the bot in it, and two people. Started, and stopped by its fixture."""

    name: ClassVar[str]
    facts: ClassVar[Facts]

    @property
    def capabilities(self) -> Capabilities:
        """Return what the platform's adapter claims to be able to do."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point a bot at this platform, as environment variables."""
        ...

    def deliver_to(self, url: str) -> None:
        """Let what people do from now on go to the bot that is served at this address."""
        ...

    def adapter(self, context: AdapterContext, *, wrong_token: bool = False) -> Adapter:
        """Return a new adapter pointed at the emulator; its settings are read as the operator's are."""
        ...

    async def connected(self) -> None:
        """Wait until what people do from now on reaches the bot. Called once the adapter is connected and its server
        listens (``deliver_to`` was told where)."""
        ...

    def unreachable(self) -> AbstractAsyncContextManager[None]:
        """Let nobody answer at the platform's address until the block ends."""
        ...

    # -- what people do. Each returns once the platform has it; ``delivered`` waits for the bot

    def user(self, person: Person) -> UserRef:
        """Return who this person is to the bot; the name is not compared."""
        ...

    def mention_of(self, person: Person) -> str:
        """Return how a handler writes a mention of this person into its text."""
        ...

    def mention_reads(self, person: Person) -> str:
        """Return how a mention of this person reads in ``MessageCreated.text``."""
        ...

    async def mention(self, text: str, *, user: Person = "Ada", files: Sequence[File] = ()) -> Post:
        """Write ``@bot text`` in the channel, which begins a conversation. ``@Grace`` and ``@Ada`` mention them."""
        ...

    async def dm(self, text: str, *, files: Sequence[File] = ()) -> Post:
        """Let Ada write to the bot directly."""
        ...

    async def reply(
        self, to: Post, text: str, *, user: Person = "Ada", mention: bool = False, files: Sequence[File] = ()
    ) -> Post:
        """Write into the conversation of a post. Reaches the bot without a mention too (on Teams: with the consent for
        it given); where the thread does not exist yet, the person opens it."""
        ...

    async def refer(self, to: Post, text: str) -> Post:
        """Let Ada write to the bot directly and refer to what she wrote there before, as people do on the platform: by
        a reply, or by forwarding it."""
        ...

    async def small_talk(self, text: str) -> Post:
        """Write in the channel without a mention of the bot. The text may be ``facts.everyone``."""
        ...

    async def other_bot(self, text: str) -> Post:
        """Let another app's bot write ``@bot text`` in the channel."""
        ...

    async def edit(self, post: Post, text: str) -> None:
        """Let Ada edit what she wrote."""
        ...

    async def delete(self, post: Post) -> None:
        """Let Ada delete what she wrote."""
        ...

    async def react(self, post: Post, *, added: bool = True) -> None:
        """Put ``facts.emoji`` on a message or take it off, as Grace, in direct messages as Ada. The id may be that of a
        message of the bot."""
        ...

    async def click(self, message: Said, label: str, *, user: Person = "Ada") -> None:
        """Press a button, or pick the option of a menu. Returns once the bot has answered."""
        ...

    def controls(self, message: Said) -> object:
        """Return the buttons under a message as they stand now, for ``press``: what a client shows that then falls
        behind."""
        ...

    async def press(self, controls: object, label: str, *, under: Said, user: Person = "Ada") -> None:
        """Press one of these buttons as though they stood under that message, whatever really stands there: a client
        that fell behind does so with the message's own, a changed client with those of another conversation."""
        ...

    def form(self, *, user: Person = "Ada") -> ShownForm | None:
        """Return the form that is open before the person, None if none is."""
        ...

    async def submit(self, values: Mapping[str, FieldInput], *, user: Person = "Ada") -> None:
        """Fill in the open form, by the fields' labels, and send it. Returns once the bot has answered; what it did
        not accept is in ``told``, and the form may still be open then."""
        ...

    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None) -> None:
        """Let Ada rate a message. With a comment she writes it where the platform asks for one: beside the thumbs, or
        in the form that opens. Without, she leaves an opened form alone."""
        ...

    async def command(self, place: Place, name: str, text: str = "") -> None:
        """Let Ada use a slash command (``facts.slash_commands``)."""
        ...

    async def stop(self, place: Place) -> None:
        """Let Ada press the stop button of the answer that is being written, as soon as it is there
        (``facts.stop_button``)."""
        ...

    async def open_dm(self) -> None:
        """Let Ada open her direct messages with the bot without writing (``facts.opening``)."""
        ...

    # -- deliveries

    async def delivered(self, post: Post) -> None:
        """Wait until the bot took a post. Where a platform hears no acknowledgement: until it was handed over, so that
        nothing sent later overtakes it."""
        ...

    async def taken(self, post: Post) -> bool | None:
        """Wait as ``delivered`` does, and return whether the bot took the post. False: the person sees that it was not
        taken. None: the platform does not know. On a platform that delivers again (``facts.redelivers``) it is always
        taken."""
        ...

    async def settled(self) -> None:
        """Wait until nothing is on its way to the bot."""
        ...

    async def redeliver(self, post: Post) -> None:
        """Deliver the same thing once more, as another attempt (a retry, a replay). Returns once the bot took it."""
        ...

    async def deliver_unknown(self) -> None:
        """Deliver a kind of event nobody has heard of. Returns once the bot took it."""
        ...

    # -- what people see

    def said(self, place: Place) -> list[Said]:
        """Return the bot's messages in a conversation that everybody there sees, oldest first."""
        ...

    def told(self, person: Person = "Ada") -> list[str]:
        """Return what only this person was shown, oldest first: notices, errors beside a form's fields."""
        ...

    @property
    def complaints(self) -> Sequence[str]:
        """Return what people were shown because the bot did not answer an interaction well; empty after every test."""
        ...

    async def files(self, place: Place) -> list[File]:
        """Return every file the bot gave in a conversation, oldest first, read as a person reads it: after consent or
        by its link where it takes that."""
        ...

    def working(self, place: Place) -> bool:
        """Return whether a person sees a sign that the bot works."""
        ...

    def reactions(self, post: Post) -> int:
        """Return how many reactions of the bot are on a message."""
        ...

    def title(self, place: Place) -> str | None:
        """Return what the conversation is called, None where it has no name of its own."""
        ...

    def prompts(self, place: Place) -> list[str]:
        """Return the labels of the prompts suggested to the user."""
        ...

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:
        """Wait until ``predicate`` returns something true, and return that; it is tried after every change. Raises
        ``TimeoutError`` after so many seconds."""
        ...

    # -- who people are

    def make_guest(self, person: Person) -> None:
        """Make a person a guest of the workspace (``facts.guests``)."""
        ...

    def make_external(self, person: Person) -> None:
        """Make a person one of another organisation (``facts.externals``)."""
        ...

    def group_of(self, person: Person) -> str:
        """Put a person into a new group, and return its id (``facts.groups``)."""
        ...

    def private(self, person: Person = "Ada") -> list[str]:
        """Return what the bot said where only this person reads it: notices, and direct messages as far as the platform
        has some with them, oldest first."""
        ...

    # -- trouble

    def fail_next(
        self, method: Method, trouble: Trouble, *, times: int = 1, retry_after: float = 1, after_effect: bool = False
    ) -> None:
        """Let the next calls of a method meet this trouble. ``retry_after`` is in seconds, for ``rate_limited``. With
        ``after_effect`` the call is done and only its answer is lost (``server_error``, ``disconnected``)."""
        ...

    def forget_sent(self) -> None:
        """Forget by what a message that is sent twice is recognised, as a platform does after a while (nonces)."""
        ...

    def hold(self, method: Method, *, after_effect: bool = False, text: str = "") -> Hold:
        """Make calls of a method wait, before or after their effect: those that carry this text, by default all."""
        ...

    def calls(self, method: Method) -> int:
        """Return how often the bot made such a call, failures included."""
        ...

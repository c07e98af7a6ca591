"""The part of a driver that is the same on every platform, and what each platform adds to it.

A driver is thin: it turns what a person does into calls of the platform's emulator, and what the emulator shows into
the values of ``gateway.drivers.values``. It judges nothing and never asks the adapter anything.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from gateway.adapter import Emulator
from gateway.drivers.steps import Step
from gateway.drivers.values import FieldInput, File, Place, Post, Said, ShownForm
from gateway.emulators.common.faults import Hold, When
from gateway.emulators.common.values import Call

T = TypeVar("T")


class _Served(Protocol):
    @property
    def base(self) -> str:
        """The address at which an emulator's world is served."""
        ...


class DrivenEmulator(Emulator, Protocol):
    """What every emulator offers to tests besides ``Emulator``."""

    @property
    def world(self) -> _Served: ...

    @property
    def interaction_errors(self) -> Collection[str]:
        """What people were shown because the bot did not answer an interaction well."""
        ...

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T: ...

    def changed(self) -> None: ...

    def calls_to(self, method: str) -> list[Call]: ...

    def hold(self, method: str, /, *, after_effect: bool = False, when: When | None = None) -> Hold: ...

    def fail_next(self, method: str, /, *args: Any, **fault: Any) -> None: ...


E = TypeVar("E", bound=DrivenEmulator)

ME = "Ada"
"""Who uses the platform unless somebody else is named; the direct messages that a test begins with are hers."""
PEOPLE = ("Ada", "Grace", "Linus")
"""The people of every emulated workspace, all of them members of the channel ``general``."""


class Driver(ABC, Generic[E]):
    """One emulated platform, as people use it. Everything a person does returns once the platform has it.

    ``emulator`` is the platform's emulator, already started. People go by their first names, channels by their names.
    What the platform's client does not allow raises ``gateway.emulators.common.values.PersonError``.
    """

    name: ClassVar[str]
    """The platform's name, as in ``Platform.name``."""
    emoji: ClassVar[Mapping[str, str]] = {}
    """What the platform calls reactions that go by another name than their character, by the character."""

    def __init__(self, emulator: E) -> None:
        self.emulator = emulator

    # -- the bot's side

    def environment(self) -> Mapping[str, str]:
        """Return the settings that point a bot at this platform, as environment variables."""
        return self.emulator.environment()

    def deliver_to(self, url: str) -> None:
        """Let what people do from now on go to the bot that is served at this address."""
        self.emulator.deliver_to(url)

    async def connected(self) -> None:
        """Wait until what people do from now on reaches the bot. Called once the adapter is connected and its server
        listens (``deliver_to`` was told where). By default that is at once: a webhook needs nothing more."""

    # -- where people are

    @abstractmethod
    def direct(self, user: str = ME) -> Place:
        """Return where this person and the bot write to each other directly."""

    @abstractmethod
    def channel(self, name: str) -> Place:
        """Return the channel of this name, in upper or lower case."""

    @abstractmethod
    def channel_name(self, place: Place) -> str:
        """Return the name of the channel that a place is in."""

    @abstractmethod
    def begun_by(self, message: str, place: Place) -> Place:
        """Return where the conversation goes on that a message in this place begins: for one in a channel itself its
        thread."""

    # -- what people do

    @abstractmethod
    async def write(self, place: Place, text: str, *, user: str = ME, files: Sequence[File] = ()) -> Post:
        """Write to a direct message, a thread, or a channel. ``@gateway`` mentions the bot, ``@Grace`` a person. What
        is written in a channel itself begins a thread: the place of the post is that thread."""

    @abstractmethod
    async def edit(self, post: Post, text: str, *, user: str = ME) -> None:
        """Edit what this person wrote."""

    @abstractmethod
    async def delete(self, post: Post, *, user: str = ME) -> None:
        """Delete what this person wrote."""

    @abstractmethod
    async def put_reaction(self, post: Post, emoji: str, *, user: str = ME, added: bool = True) -> None:
        """Put a reaction, by the platform's own name, on a message or take it off. The id may be that of a message of
        the bot."""

    @abstractmethod
    async def click(self, message: Said, label: str, *, user: str = ME) -> None:
        """Press a button, or pick the option of a menu. Returns once the bot has answered."""

    @abstractmethod
    def form(self, *, user: str = ME) -> ShownForm | None:
        """Return the form that is open before the person, None if none is."""

    @abstractmethod
    async def submit(self, values: Mapping[str, FieldInput], *, user: str = ME) -> None:
        """Fill in the open form, by the fields' labels, and send it. Returns once the bot has answered; what it did
        not accept is in ``told``, and the form may still be open then."""

    @abstractmethod
    async def thumbs(self, message: Said, *, up: bool, comment: str | None = None, user: str = ME) -> None:
        """Rate a message. A comment is written where the platform asks for one: beside the thumbs, or in the form that
        opens. Without one, an opened form is left alone."""

    @abstractmethod
    async def command(self, place: Place, name: str, text: str = "", *, user: str = ME) -> None:
        """Use a slash command. Raises ``KeyError`` where the platform has none."""

    @abstractmethod
    async def stop(self, place: Place, *, user: str = ME) -> None:
        """Press the stop button of the answer that is being written, as soon as it is there. Raises ``KeyError`` where
        the platform has no such button."""

    @abstractmethod
    async def open_dm(self, *, user: str = ME) -> None:
        """Open the direct messages with the bot without writing. Raises ``KeyError`` where the bot does not hear of
        it."""

    # -- deliveries

    @abstractmethod
    async def settled(self) -> None:
        """Wait until nothing is on its way to the bot."""

    @abstractmethod
    async def redeliver(self, post: Post) -> None:
        """Deliver the same thing once more, as another attempt (a retry, a replay). Returns once the bot took it."""

    # -- what people see

    @abstractmethod
    def said(self, place: Place) -> list[Said]:
        """Return the bot's messages in a conversation that everybody there sees, oldest first."""

    @abstractmethod
    def told(self, person: str = ME) -> list[str]:
        """Return what only this person was shown, oldest first: notices, errors beside a form's fields."""

    @abstractmethod
    async def files(self, place: Place) -> list[File]:
        """Return every file the bot gave in a conversation, oldest first, read as a person reads it: after consent or
        by its link where it takes that."""

    @abstractmethod
    def working(self, place: Place) -> bool:
        """Return whether a person sees a sign that the bot works."""

    @abstractmethod
    def title(self, place: Place) -> str | None:
        """Return what the conversation is called, None where it has no name of its own."""

    @property
    def complaints(self) -> Sequence[str]:
        """What people were shown because the bot did not answer an interaction well, oldest first."""
        return list(self.emulator.interaction_errors)

    async def wait_for(self, predicate: Callable[[], T], timeout: float = 10.0) -> T:
        """Wait until ``predicate`` returns something true, and return that; it is tried after every change. Raises
        ``TimeoutError`` after so many seconds."""
        return await self.emulator.wait_for(predicate, timeout)

    @abstractmethod
    def step_of(self, action: Mapping[str, Any]) -> Step | None:
        """Return what an action of the playground's page (``Emulator.act``) does, asked before it is done; None for
        what leaves no trace. Raises ``KeyError`` and ``ValueError`` for an action that cannot be done."""

    def wake(self) -> None:
        """Let all who wait for something (``wait_for``) look again."""
        self.emulator.changed()

    async def enter_comment(self, words: str, *, user: str = ME) -> None:
        """Enter a comment into the form that opens after a thumb."""
        form = await self.wait_for(lambda: self.form(user=user))
        assert form is not None
        await self.submit({form.labels[0]: words}, user=user)

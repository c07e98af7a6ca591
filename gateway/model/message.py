"""Messages: what the bot sends, and what a platform returns for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.conversation import ConversationRef
from gateway.model.element import OutgoingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedMentions:
    """Whom the text of a message may notify. By default nobody: what a model wrote must not page a workspace.

    Args:
        users: True for every user the text mentions, or the ids of the users it may mention.
        groups: Whether it may notify user groups and roles.
        everyone: Whether it may notify the whole channel (``<!channel>``, ``<!here>``, ``@everyone``).
    """

    users: bool | tuple[str, ...] = False
    groups: bool = False
    everyone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message. A click brings back ``token`` (``ActionInvoked.token``)."""

    token: str
    label: str
    tooltip: str = ""
    style: Literal["default", "primary", "danger"] = "default"
    opens_form: bool = False
    """Whether a click is answered with a form (``OpenForm``), which some platforms must be told beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source of what a message says. The text refers to the n-th source as ``[n]``.

    Args:
        title: The name of the source.
        url: Where the source is, if it has an address.
        abstract: What the source says, in a few words; shown where the platform can.
        keywords: Words about the source; shown where the platform can.
    """

    title: str
    url: str | None = None
    abstract: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuOption:
    """An option of a menu. Picking it brings back ``token`` (``ActionInvoked.token``), as a button's click does."""

    token: str
    label: str
    description: str = ""
    """A second line in smaller print, where the platform shows one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A select menu under a message, of which one option is picked."""

    placeholder: str
    """What the menu shows before an option is picked."""
    options: tuple[MenuOption, ...]
    """At most ``Capabilities.menu_options``; the sender makes several menus of a longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A box under the text with a title, a list of named values and a picture."""

    title: str
    text: str = ""
    """Markdown above the named values."""
    facts: tuple[tuple[str, str], ...] = ()
    """Pairs of a name and its value, both plain text."""
    image_url: str | None = None
    """The https address of a picture, which the platform fetches."""


TaskStatus = Literal["pending", "in_progress", "complete", "error"]
"""How far a task has come."""

TASK_ICONS: Mapping[TaskStatus, str] = {"pending": "⚪", "in_progress": "⏳", "complete": "✅", "error": "❌"}
"""What stands before a task, by its state, where a platform has no sign of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdate:
    """A task of a plan or of a stream, such as Slack's task card; an update with the same id changes it."""

    id: str
    title: str
    status: TaskStatus = "in_progress"
    details: str = ""
    """What goes into the task, as Markdown: the input of a step."""
    output: str = ""
    """What came out of the task, as Markdown."""
    depth: int = 0
    """How many tasks this one lies inside of: 0 for a task at the top."""
    seconds: float | None = None
    """How long the task took, in seconds; None while it runs or where it is not known."""

    @property
    def took(self) -> str:
        """The duration as people read it (``350 ms``, ``2.4 s``, ``3 min 5 s``); empty where it is not known."""
        if self.seconds is None:
            return ""
        if self.seconds < 1:
            return f"{self.seconds * 1000:.0f} ms"
        if self.seconds < 60:
            return f"{self.seconds:.1f} s"
        return f"{int(self.seconds // 60)} min {int(self.seconds % 60)} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A list of tasks with their states, shown under the text of a message."""

    kind: Literal["tasks", "steps"] = "tasks"
    """``tasks``: what is to be done, shown in full; ``steps``: how an answer came about, shown small, or collapsed
    where the platform can."""
    title: str = ""
    status: str = ""
    """A line on the state of the whole (``Running…``)."""
    tasks: tuple[TaskUpdate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message as an adapter gets it: within ``Capabilities.text_limit``, split where it was longer."""

    text: str = ""
    """Markdown (CommonMark with GFM tables), which the adapter renders in the platform's own way."""
    author: str | None = None
    """The name shown instead of the bot's own, where the platform can."""
    buttons: tuple[Button, ...] = ()
    menus: tuple[Menu, ...] = ()
    """Select menus below the buttons (``Capabilities.menus``)."""
    cards: tuple[Card, ...] = ()
    """Cards below the text (``Capabilities.cards``)."""
    plan: Plan | None = None
    """A list of tasks below the text (``Capabilities.plans``)."""
    files: tuple[OutgoingFile, ...] = ()
    """The files the message shall have: an edit adds those that are missing and removes all others."""
    keeps_files: bool = False
    """Whether an edit leaves the uploaded files of the message as they are, whatever ``files`` says."""
    feedback: str | None = None
    """What thumbs under the message bring back (``FeedbackGiven.token``); None for no thumbs."""
    mentions: AllowedMentions = AllowedMentions()
    ai_generated: bool = False
    """Whether to label the message as made by a model, where the platform has such a label."""
    citations: tuple[Citation, ...] = ()
    plain: bool = False
    """Whether to show the message as text alone, because the platform refused anything richer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a platform returned for a message that was sent: enough to edit or delete it after a restart."""

    to: ConversationRef
    """The conversation the message was sent to."""
    id: str
    """The platform's id of the message."""
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """The adapter's own data, such as ids of uploaded files or a stream's sequence number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMessage:
    """A message of a conversation's history, read from the platform."""

    id: str
    author: str
    is_bot: bool
    text: str
    at: float
    """When it was written, in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A prompt suggested to the user: a click on ``label`` sends ``message`` in the user's name."""

    label: str
    message: str
    icon: str | None = None
    """The address of a picture beside the label, where the platform shows one."""

"""What the bot sends, and what the platform gives back for it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.conversation import ConversationRef
from gateway.model.element import OutgoingFile


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedMentions:
    """Who the text may notify. By default nobody: what a model wrote must not page a workspace."""

    users: bool | tuple[str, ...] = False
    """True for any user, or the ids that may be mentioned."""
    groups: bool = False
    """User groups and roles."""
    everyone: bool = False
    """The whole channel: ``<!channel>``, ``<!here>``, ``@everyone``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button under a message. ``token`` comes back with the click (``ActionInvoked.token``)."""

    token: str
    label: str
    tooltip: str = ""
    style: Literal["default", "primary", "danger"] = "default"
    opens_form: bool = False
    """The click is answered with a form (``OpenForm``): some platforms want to know beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A source of what a message says. The text refers to the n-th one as ``[n]``."""

    title: str
    url: str | None = None
    abstract: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One platform message to be: already within ``Capabilities.text_limit`` (the core has split it)."""

    text: str = ""
    """Markdown (CommonMark with GFM tables); the adapter renders it in the platform's own way."""
    author: str | None = None
    """A name other than the bot's own, shown where the platform can."""
    buttons: tuple[Button, ...] = ()
    files: tuple[OutgoingFile, ...] = ()
    """The files that shall stand with it, and no others: an edit adds what is missing and removes what is not here."""
    keeps_files: bool = False
    """An edit leaves the uploaded files that stand with the message as they are, whatever ``files`` says."""
    feedback: str | None = None
    """Show thumbs up and down; the value comes back unchanged in ``FeedbackGiven.token``."""
    mentions: AllowedMentions = AllowedMentions()
    ai_generated: bool = False
    """Label it as made by a model, where the platform has such a label."""
    citations: tuple[Citation, ...] = ()
    plain: bool = False
    """Show it in the platform's plainest form, as text alone: anything richer was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a platform returned for something we sent; enough to edit or delete it after a restart."""

    to: ConversationRef
    id: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """The adapter's own: ids of uploaded files, a stream's sequence number."""


TaskStatus = Literal["pending", "in_progress", "complete", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUpdate:
    """A step shown inside a stream (Slack's task card)."""

    id: str
    title: str
    status: TaskStatus = "in_progress"
    details: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryMessage:
    """A message read back from the platform."""

    id: str
    author: str
    is_bot: bool
    text: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A prompt suggested to the user: the label is shown, the message is sent on click."""

    label: str
    message: str

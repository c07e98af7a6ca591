"""What happened: one discriminated union for all platforms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.model.conversation import ConversationRef
from gateway.model.element import RemoteFile
from gateway.model.user import UserRef

FormValue = str | float | bool | tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    ref: ConversationRef
    user: UserRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A message that another message refers to: what is replied to, quoted or forwarded."""

    kind: Literal["reply", "quote", "forward"]
    """``reply``: the platform's own reply; ``quote``: words quoted above one's own; ``forward``: another message sent
    on, below one's own words."""
    message_id: str | None = None
    """The platform's id of that message, where it tells one."""
    author: str = ""
    """The display name of who wrote it; empty where the platform does not tell."""
    text: str = ""
    """Its words as Markdown, at most what the platform sent along (some send a preview only)."""
    files: tuple[RemoteFile, ...] = ()
    """Its files; a handler gets them as elements behind the message's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCreated(_Event):
    """A user wrote something."""

    kind: Literal["message_created"] = "message_created"
    message_id: str
    text: str = ""
    """Markdown; the mention of the bot removed, other mentions readable (``@Ada``, ``#general``)."""
    files: tuple[RemoteFile, ...] = ()
    addressed: bool = True
    """False for a thread message without a mention: it counts only where the bot already takes part."""
    references: tuple[Reference, ...] = ()
    """What the message replies to, quotes or forwards. Its words are not part of ``text``."""
    partial: bool = False
    """This delivery may lack what another delivery of the same message tells, or only the platform's API: files,
    text. The handler is called when that has come, or was fetched (``SupportsCompletion``)."""
    at: float = 0.0
    """Seconds since the epoch, by the platform's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(_Event):
    """A user edited a message; ``text`` is what it says now."""

    kind: Literal["message_edited"] = "message_edited"
    message_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(_Event):
    """A user deleted a message."""

    kind: Literal["message_deleted"] = "message_deleted"
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionInvoked(_Event):
    """A button was clicked. ``token`` is the ``Button.token`` that was sent."""

    kind: Literal["action_invoked"] = "action_invoked"
    token: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(_Event):
    """A form came back. ``token`` is the ``Form.token``; ``values`` are by field id."""

    kind: Literal["form_submitted"] = "form_submitted"
    token: str
    values: Mapping[str, FormValue] = field(default_factory=dict[str, FormValue])
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandInvoked(_Event):
    """A slash command, without its slash."""

    kind: Literal["command_invoked"] = "command_invoked"
    command: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(_Event):
    """Thumbs up (1) or down (0) on a message; ``token`` is ``Outgoing.feedback`` (empty without
    ``Capabilities.feedback_token``). A ``comment`` of None may still follow in a form; an empty one will not."""

    kind: Literal["feedback_given"] = "feedback_given"
    token: str
    value: Literal[0, 1]
    comment: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionChanged(_Event):
    """An emoji was put on a message or taken off."""

    kind: Literal["reaction_changed"] = "reaction_changed"
    message_id: str
    emoji: str
    added: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequested(_Event):
    """The user pressed the platform's own stop button."""

    kind: Literal["stop_requested"] = "stop_requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationStarted(_Event):
    """The user opened the conversation without writing yet."""

    kind: Literal["conversation_started"] = "conversation_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded(_Event):
    """The conversation is over: its thread was deleted, the bot removed, the session idle too long."""

    kind: Literal["conversation_ended"] = "conversation_ended"
    reason: Literal["command", "idle", "deleted", "removed"]


Event = (
    MessageCreated
    | MessageEdited
    | MessageDeleted
    | ActionInvoked
    | FormSubmitted
    | CommandInvoked
    | FeedbackGiven
    | ReactionChanged
    | StopRequested
    | ConversationStarted
    | ConversationEnded
)

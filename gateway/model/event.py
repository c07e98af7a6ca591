"""Events: what happened on a platform, as one discriminated union for all platforms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.conversation import ConversationRef
from gateway.model.element import RemoteFile
from gateway.model.user import UserRef

FormValue = str | float | bool | tuple[str, ...] | None
"""The value of a form's field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What all events share."""

    ref: ConversationRef
    """The conversation, and where an answer goes."""
    user: UserRef
    """The person who did it; without an id where the platform itself did."""
    session_values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Values that whoever connected the person gives to the conversation's session, by name: a handler finds them in
    ``user_session``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A message that another message replies to, quotes or forwards."""

    kind: Literal["reply", "quote", "forward"]
    """``reply``: the platform's own reply; ``quote``: a text quoted above one's own words; ``forward``: a message sent
    on, below one's own words."""
    message_id: str | None = None
    """The platform's id of the message, where the platform tells one."""
    author: str = ""
    """The display name of the author; empty where the platform does not tell."""
    text: str = ""
    """The text as Markdown, at most what the platform sent along (some send a preview only)."""
    files: tuple[RemoteFile, ...] = ()
    """The files of the message; a handler gets them as elements behind the message's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCreated(_Event):
    """A user wrote a message."""

    kind: Literal["message_created"] = "message_created"
    message_id: str
    text: str = ""
    """Markdown without the mention of the bot; other mentions are readable (``@Ada``, ``#general``)."""
    files: tuple[RemoteFile, ...] = ()
    addressed: bool = True
    """Whether the bot was addressed. A thread message without a mention is handled only where the bot takes part."""
    references: tuple[Reference, ...] = ()
    """What the message replies to, quotes or forwards, which is not part of ``text``."""
    partial: bool = False
    """Whether the delivery may lack files or text that another delivery of the same message, or the platform's API,
    tells. The handler is called when they have come or were fetched (``SupportsCompletion``)."""
    at: float = 0.0
    """When it was written, in seconds since the epoch by the platform's clock; 0 where the platform does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(_Event):
    """A user edited a message; ``text`` is its new text."""

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
    """The platform's id of the message the button is under, where the platform tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSubmitted(_Event):
    """A form was submitted. ``token`` is the ``Form.token``; ``values`` are by field id."""

    kind: Literal["form_submitted"] = "form_submitted"
    token: str
    values: Mapping[str, FormValue] = field(default_factory=dict[str, FormValue])
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandInvoked(_Event):
    """A user gave a slash command; ``command`` has no slash, ``text`` is what follows it."""

    kind: Literal["command_invoked"] = "command_invoked"
    command: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven(_Event):
    """A user gave thumbs up (1) or down (0) to a message. ``token`` is ``Outgoing.feedback``, empty without
    ``Capabilities.feedback_token``. A comment may follow in a form where ``comment`` is None, but not where it is
    empty."""

    kind: Literal["feedback_given"] = "feedback_given"
    token: str
    value: Literal[0, 1]
    comment: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionChanged(_Event):
    """A user put an emoji on a message or took it off."""

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
    """A user opened the conversation and has not written yet."""

    kind: Literal["conversation_started"] = "conversation_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded(_Event):
    """The conversation is over: ``/new``, its thread deleted, the bot removed, or the session idle too long."""

    kind: Literal["conversation_ended"] = "conversation_ended"
    reason: Literal["command", "idle", "deleted", "removed"]
    message_id: str | None = None
    """The message it began with, where that was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequested(_Event):
    """A program asked the bot to say something. ``user`` is the person it is for, as far as that is known. The gateway
    itself reports it, no platform does."""

    kind: Literal["message_requested"] = "message_requested"
    id: str
    """The id of the message in history."""
    text: str
    """What to say, as Markdown."""
    author: str | None = None
    """The name it is shown under instead of the bot's own."""


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
    | MessageRequested
)
"""Everything a turn can be about."""

"""Records: what history keeps of conversations, as a turn leaves it. Times are in seconds since the epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from gateway.model.conversation import ConversationRef

# Named tuples, because each event makes several, and one costs half of what a frozen dataclass costs.


class UserRecord(NamedTuple):
    """A person who took part in a conversation. What was kept of the person before is replaced."""

    identifier: str
    """``UserRef.key``: ``slack:T1:U1``."""
    metadata: Mapping[str, Any]
    """What the platform tells about the person."""
    created_at: float


class ThreadRecord(NamedTuple):
    """A conversation from its first message to its end: the time of one session."""

    id: str
    """The session's id."""
    ref: ConversationRef
    user: str
    """The identifier of the person who began it; empty where the platform itself did."""
    name: str | None
    """The title it gets unless it has one already."""
    metadata: Mapping[str, Any]
    created_at: float
    updated_at: float


class ThreadNamed(NamedTuple):
    """A thread got another title; it may not be kept, then nothing changes."""

    id: str
    name: str | None
    """None where the message that was the title is gone; the next title that is suggested takes its place."""


class StepRecord(NamedTuple):
    """A message or a step of a thread. One of the same id is replaced."""

    id: str
    thread: str
    user: str
    """The identifier of the person whose turn it belongs to; the same for what the bot answers."""
    name: str
    """Who says it, or what the step is called."""
    type: str
    """``user_message``, ``assistant_message``, ``system_message``, or what kind of step it is."""
    created_at: float
    output: str = ""
    input: str = ""
    parent: str | None = None
    start: str | None = None
    """ISO 8601; None where it is ``created_at``."""
    end: str | None = None
    is_error: bool = False
    metadata: Mapping[str, Any] = {}
    tags: Sequence[str] | None = None
    command: str | None = None
    language: str | None = None
    show_input: bool | str = False
    """Whether the input is shown, or the language it is shown as."""
    default_open: bool = False
    auto_collapse: bool = False
    generation: Mapping[str, Any] | None = None
    """What is known of a call of a model (``model``, ``tokenCount``, …); None leaves what is kept."""


class StepEdited(NamedTuple):
    """A person changed the text of a message; it may not be kept, then nothing changes."""

    id: str
    output: str


class ElementRecord(NamedTuple):
    """A file or another element of a thread. One of the same id is replaced."""

    id: str
    thread: str
    user: str
    """The identifier of the person whose turn it belongs to."""
    type: str
    name: str
    for_id: str | None = None
    """The id of the step it belongs to."""
    mime: str | None = None
    display: str | None = None
    url: str | None = None
    """An address outside of the gateway where the content is; None where the content is kept."""
    object_key: str | None = None
    """The key of the content among the blobs."""
    size: str | None = None
    language: str | None = None
    page: int | None = None
    props: Mapping[str, Any] | None = None
    auto_play: bool | None = None
    player_config: Mapping[str, Any] | None = None


class FeedbackRecord(NamedTuple):
    """What a person thinks of a message. What the same person thought of it before is replaced."""

    id: str
    step: str
    thread: str
    user: str
    value: Literal[0, 1]
    comment: str | None
    """What the person wrote about it; None leaves the comment that is kept."""
    created_at: float


class Removed(NamedTuple):
    """A step, an element, a feedback or a score that was taken back, with all that belongs to it."""

    noun: Literal["step", "element", "feedback", "score"]
    id: str


Record: TypeAlias = (
    UserRecord | ThreadRecord | ThreadNamed | StepRecord | StepEdited | ElementRecord | FeedbackRecord | Removed
)
"""A change of what history keeps."""

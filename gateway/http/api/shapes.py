"""What the API answers, as models: Chainlit's documented names, in camel case."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class _Shape(BaseModel):
    # Fields have descriptions, no docstrings: to read those, once more for each kind of page, takes pydantic 50 ms.
    model_config = ConfigDict(extra="ignore")


class ErrorDetail(_Shape):
    """What is wrong with a request."""

    message: str
    type: str
    where: Annotated[str | None, Field(description="The part of the request that is wrong, if it is one.")] = None


class Error(_Shape):
    """The answer to a request that is refused."""

    error: ErrorDetail


class Feedback(_Shape):
    """What a person thinks of a step: ``value`` is 1 for thumbs up, 0 for thumbs down."""

    id: str
    forId: str
    threadId: str | None = None
    value: int
    comment: str | None = None
    userIdentifier: str | None = None
    createdAt: str | None = None


class Step(_Shape):
    """A message or a step. Times are ISO 8601 in UTC."""

    id: str
    threadId: str
    name: str
    type: str
    parentId: str | None = None
    input: str | None = None
    output: str | None = None
    createdAt: str | None = None
    start: str | None = None
    end: str | None = None
    isError: bool | None = None
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    command: str | None = None
    language: str | None = None
    generation: dict[str, Any] | None = None
    userIdentifier: str | None = None


class Element(_Shape):
    """A file or another element of a step. ``url`` needs no key, and works for a while where the gateway made it."""

    id: str
    threadId: str | None = None
    forId: str | None = None
    type: str | None = None
    name: str
    mime: str | None = None
    display: str | None = None
    size: str | None = None
    language: str | None = None
    page: int | None = None
    props: dict[str, Any] | None = None
    url: str | None = None
    userIdentifier: str | None = None


class Thread(_Shape):
    """A conversation, without what was said in it."""

    id: str
    name: str | None = None
    platform: str | None = None
    conversation: Annotated[str | None, Field(description="The conversation's address, for messages into it.")] = None
    userIdentifier: str | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None
    createdAt: str | None = None
    updatedAt: str | None = None


class WholeThread(_Shape):
    """A conversation with what was said in it, the newest steps where there are very many."""

    id: str
    name: str | None = None
    userIdentifier: str | None = None
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None
    createdAt: str | None = None
    steps: list[dict[str, Any]]
    elements: list[dict[str, Any]] | None = None


class User(_Shape):
    """A person who talked to the bot."""

    id: str
    identifier: str
    metadata: dict[str, Any] | None = None
    createdAt: str | None = None


class Passage(_Shape):
    """A step in which something was said."""

    threadId: str
    threadName: str | None = None
    stepId: str
    type: str
    name: str
    createdAt: str | None = None
    excerpt: str


class Deleted(_Shape):
    """What a deletion took away."""

    id: str
    deleted: bool = True
    threads: int = 0
    steps: int = 0
    elements: int = 0
    feedbacks: int = 0


class SentMessage(_Shape):
    """A message that a program asked for."""

    id: str
    status: Annotated[str, Field(description="``queued``, ``sent`` or ``failed``.")]
    conversation: str
    messageId: Annotated[str | None, Field(description="Its id in history, once it is sent.")] = None
    error: Annotated[str | None, Field(description="Why it was not sent, or not yet.")] = None


class Audience(_Shape):
    """How many a broadcast would reach."""

    total: int


class BroadcastFailure(_Shape):
    """A conversation that a broadcast could not be sent to, and why."""

    conversation: str
    error: str


class ShownBroadcast(_Shape):
    """A message to many, and how far it is."""

    id: str
    state: str
    total: int
    sent: int
    failed: int
    pending: int
    text: str
    author: str | None = None
    createdAt: str
    endedAt: str | None = None
    errors: Annotated[list[BroadcastFailure], Field(description="The first 20 failures of the last seven days.")]


class Page(_Shape, Generic[T]):
    """A part of a list."""

    # The description is not that of the class, which classes made of it do not have.
    model_config = ConfigDict(json_schema_extra={"description": "A part of a list."})
    data: list[T]
    hasMore: bool
    nextCursor: Annotated[
        str | None, Field(description="The `cursor` of the next page; null where this is the last one.")
    ]
    total: Annotated[int | None, Field(description="How many there are in all, where it was asked for.")] = None

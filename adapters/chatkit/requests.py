"""What a client asks of ``POST /v1/chatkit/conversation``, as models. What is not known of a request is ignored."""

import json
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from adapters.chatkit.limits import (
    ATTACHMENTS,
    ID,
    LARGEST_PAGE,
    METADATA,
    METADATA_KEY,
    METADATA_VALUE,
    PAGE,
    QUOTE,
    TEXT,
    TITLE,
)

Id = Annotated[str, Field(min_length=1, max_length=ID)]
"""An id in a request."""


def _short(value: Any) -> Any:
    if len(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)) > METADATA_VALUE:
        raise PydanticCustomError("long", "a value has {most} characters at most", {"most": METADATA_VALUE})
    return value


class _Part(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextContent(_Part):
    """What a person wrote."""

    type: Literal["input_text"]
    text: Annotated[str, Field(max_length=TEXT)]


class TagContent(_Part):
    """A tag that a person put into the text."""

    type: Literal["input_tag"]
    id: Id
    text: Annotated[str, Field(max_length=TEXT)]
    data: dict[str, Any] = {}
    group: str | None = None
    interactive: bool = False


class MessageInput(_Part):
    """A message of a person."""

    content: Annotated[list[Annotated[TextContent | TagContent, Field(discriminator="type")]], Field(max_length=100)]
    attachments: Annotated[list[Id], Field(max_length=ATTACHMENTS)] = []
    quoted_text: Annotated[
        str | None, Field(max_length=QUOTE, validation_alias=AliasChoices("quoted_text", "quote_text"))
    ] = None
    inference_options: dict[str, Any] | None = None


class Action(_Part):
    """What a widget brings back."""

    type: Annotated[str, Field(max_length=ID)]
    payload: Any = None


class _CreateParams(_Part):
    input: MessageInput


class _InThread(_Part):
    thread_id: Id


class _AddParams(_InThread):
    input: MessageInput


class _ItemParams(_InThread):
    item_id: Id


class _ActionParams(_InThread):
    item_id: Id | None = None
    action: Action


class _UpdateParams(_InThread):
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE)]


class _PageParams(_Part):
    limit: Annotated[StrictInt, Field(ge=1, le=LARGEST_PAGE)] | None = None
    order: Literal["asc", "desc"] = "desc"
    after: Id | None = None

    @property
    def size(self) -> int:
        """How many rows the page has at most."""
        return self.limit or PAGE


class _ItemsParams(_PageParams):
    thread_id: Id


class _FeedbackParams(_InThread):
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=100)]
    kind: Literal["positive", "negative"]


class CreateThread(_Part):
    """Begin a thread with a message. Answered with a stream."""

    type: Literal["threads.create"]
    params: _CreateParams
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=METADATA_KEY)], Annotated[Any, AfterValidator(_short)]],
        Field(max_length=METADATA),
    ] = {}


class AddMessage(_Part):
    """Add a message to a thread. Answered with a stream."""

    type: Literal["threads.add_user_message"]
    params: _AddParams


class RetryAfterItem(_Part):
    """Answer a message anew; what followed it is replaced. Answered with a stream."""

    type: Literal["threads.retry_after_item"]
    params: _ItemParams


class CustomAction(_Part):
    """Press a button of a widget. Answered with a stream."""

    type: Literal["threads.custom_action"]
    params: _ActionParams


class ListThreads(_Part):
    """Return the user's threads."""

    type: Literal["threads.list"]
    params: _PageParams = _PageParams()


class GetThread(_Part):
    """Return a thread with its newest items."""

    type: Literal["threads.get_by_id"]
    params: _InThread


class UpdateThread(_Part):
    """A client's request to give a thread another title (``threads.update``)."""

    type: Literal["threads.update"]
    params: _UpdateParams


class DeleteThread(_Part):
    """A client's request to delete a thread (``threads.delete``)."""

    type: Literal["threads.delete"]
    params: _InThread


class ListItems(_Part):
    """Return items of a thread."""

    type: Literal["items.list"]
    params: _ItemsParams


class GiveFeedback(_Part):
    """Say whether items are good."""

    type: Literal["items.feedback"]
    params: _FeedbackParams


Streaming = CreateThread | AddMessage | RetryAfterItem | CustomAction
"""The requests that are answered with a stream of events."""
AnyRequest = Streaming | ListThreads | GetThread | UpdateThread | DeleteThread | ListItems | GiveFeedback
"""All requests."""


class ConversationRequest(RootModel[Annotated[AnyRequest, Field(discriminator="type")]]):
    """The body of a request."""

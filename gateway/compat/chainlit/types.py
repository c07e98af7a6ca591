"""What an app written for Chainlit imports from ``chainlit.types``: the gateway's own objects."""

from typing import Literal, TypedDict

from gateway.chat.asks.action import AskActionResponse
from gateway.chat.web_only import StarterCategory
from gateway.types import (
    AskElementResponse,
    AskFileResponse,
    ChatProfile,
    CommandDict,
    ElementDict,
    Feedback,
    FeedbackDict,
    HasFromDict,
    InputAudioChunk,
    OutputAudioChunk,
    PageInfo,
    PaginatedResponse,
    Pagination,
    Starter,
    StepDict,
    ThreadDict,
    ThreadFilter,
)

FeedbackStrategy = Literal["BINARY"]
ToastType = Literal["info", "success", "warning", "error"]
InputWidgetType = Literal[
    "switch", "slider", "select", "textinput", "tags", "numberinput", "multiselect", "checkbox", "radio", "datepicker"
]


class FileDict(TypedDict):
    """A file of a person: its id, name, path, size in bytes and MIME type."""

    id: str
    name: str
    path: str
    size: int
    type: str


__all__ = [
    "AskActionResponse",
    "AskElementResponse",
    "AskFileResponse",
    "ChatProfile",
    "CommandDict",
    "ElementDict",
    "Feedback",
    "FeedbackDict",
    "FeedbackStrategy",
    "FileDict",
    "HasFromDict",
    "InputAudioChunk",
    "InputWidgetType",
    "OutputAudioChunk",
    "PageInfo",
    "PaginatedResponse",
    "Pagination",
    "Starter",
    "StarterCategory",
    "StepDict",
    "ThreadDict",
    "ThreadFilter",
    "ToastType",
]

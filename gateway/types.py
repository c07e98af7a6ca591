"""The types of the documents: dicts of threads, steps, elements and feedback, and pages of threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, cast

from gateway.chat.asks.element import AskElementResponse
from gateway.chat.asks.file import AskFileResponse
from gateway.chat.commands import CommandDict
from gateway.chat.feedback import Feedback
from gateway.chat.profiles import ChatProfile, Starter
from gateway.chat.web_only import InputAudioChunk, OutputAudioChunk
from gateway.model import ElementDict, FeedbackDict, StepDict, ThreadDict

__all__ = [
    "AskElementResponse",
    "AskFileResponse",
    "ChatProfile",
    "CommandDict",
    "ElementDict",
    "Feedback",
    "FeedbackDict",
    "HasFromDict",
    "InputAudioChunk",
    "OutputAudioChunk",
    "PageInfo",
    "PaginatedResponse",
    "Pagination",
    "Starter",
    "StepDict",
    "ThreadDict",
    "ThreadFilter",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass
class Pagination:
    """Which page of threads is wanted.

    Args:
        first: How many threads the page has at most.
        cursor: The ``endCursor`` of the page before; None for the first page.
    """

    first: int
    cursor: str | None = None


@dataclass
class ThreadFilter:
    """Which threads are wanted.

    Args:
        feedback: Only threads with such a rating: 1 thumbs up, 0 thumbs down.
        userId: Only threads of this user.
        search: Only threads in which this was said.
    """

    feedback: Literal[0, 1] | None = None
    userId: str | None = None
    search: str | None = None


@dataclass
class PageInfo:
    """Where a page of threads ends.

    Args:
        hasNextPage: Whether there are more.
        startCursor: The cursor of the page's first thread.
        endCursor: The cursor of its last thread, for the next page's ``Pagination``.
    """

    hasNextPage: bool
    startCursor: str | None
    endCursor: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the page's ends as a dict."""
        return {"hasNextPage": self.hasNextPage, "startCursor": self.startCursor, "endCursor": self.endCursor}

    @classmethod
    def from_dict(cls, page_info_dict: Mapping[str, Any]) -> Self:
        """Return the page's ends from such a dict; what is missing is no next page and no cursor."""
        return cls(
            hasNextPage=page_info_dict.get("hasNextPage", False),
            startCursor=page_info_dict.get("startCursor"),
            endCursor=page_info_dict.get("endCursor"),
        )


class HasFromDict(Protocol[T_co]):
    """A class that is made from a dict."""

    @classmethod
    def from_dict(cls, obj_dict: Any) -> T_co:
        """Return the object a dict describes."""
        ...


@dataclass
class PaginatedResponse(Generic[T]):
    """A page of threads.

    Args:
        pageInfo: Where it ends.
        data: The threads.
    """

    pageInfo: PageInfo
    data: list[T]

    def to_dict(self) -> dict[str, Any]:
        """Return the page as a dict; what it holds is made a dict where it can be."""
        made = [cast(Any, each).to_dict() if hasattr(each, "to_dict") else each for each in self.data]
        return {"pageInfo": self.pageInfo.to_dict(), "data": made}

    @classmethod
    def from_dict(
        cls, paginated_response_dict: Mapping[str, Any], the_class: "type[HasFromDict[T]]"
    ) -> "PaginatedResponse[T]":
        """Return the page such a dict describes, its data made by ``the_class``."""
        data = [the_class.from_dict(each) for each in paginated_response_dict.get("data", [])]
        return PaginatedResponse(pageInfo=PageInfo.from_dict(paginated_response_dict.get("pageInfo", {})), data=data)

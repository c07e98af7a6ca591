"""Threads, steps, elements and feedback as plain dicts: what ``on_chat_resume`` is given and a data layer keeps."""

from typing import Any, Literal, TypedDict


class FeedbackDict(TypedDict):
    """What a user thinks of an answer."""

    forId: str
    id: str | None
    value: Literal[0, 1]
    comment: str | None


class StepDict(TypedDict, total=False):
    """A message or a step of a thread. ``type`` is ``user_message``, ``assistant_message``, ``tool``, ``llm``, …; times
    are ISO 8601 in UTC."""

    id: str
    name: str
    type: str
    threadId: str
    parentId: str | None
    command: str | None
    streaming: bool
    waitForAnswer: bool | None
    isError: bool | None
    metadata: dict[str, Any]
    tags: list[str] | None
    input: str
    output: str
    createdAt: str | None
    start: str | None
    end: str | None
    generation: dict[str, Any] | None
    showInput: bool | str | None
    language: str | None
    indent: int | None
    defaultOpen: bool | None
    autoCollapse: bool | None
    feedback: FeedbackDict | None


class ElementDict(TypedDict, total=False):
    """A file, a picture or another element of a message."""

    id: str
    threadId: str | None
    type: str
    chainlitKey: str | None
    path: str | None
    url: str | None
    objectKey: str | None
    name: str
    display: str
    size: str | None
    language: str | None
    page: int | None
    props: dict[str, Any] | None
    autoPlay: bool | None
    playerConfig: dict[str, Any] | None
    forId: str | None
    mime: str | None


class ThreadDict(TypedDict):
    """A conversation with what was said in it."""

    id: str
    createdAt: str
    name: str | None
    userId: str | None
    userIdentifier: str | None
    tags: list[str] | None
    metadata: dict[str, Any] | None
    steps: list[StepDict]
    elements: list[ElementDict] | None

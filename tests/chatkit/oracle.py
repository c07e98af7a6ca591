"""The types of ``openai-chatkit``, by which events and requests are checked."""

import warnings
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it warns of its own classes
    from chatkit import types

_EVENT: TypeAdapter[Any] = TypeAdapter(types.ThreadStreamEvent)
_REQUEST: TypeAdapter[Any] = TypeAdapter(types.ChatKitReq)
_ATTACHMENT: TypeAdapter[Any] = TypeAdapter(types.Attachment)


def check_event(event: Any) -> None:
    """Fail where an event of a stream is none of the protocol."""
    _check(_EVENT.validate_python, event)


def check_request(request: Any) -> None:
    """Fail where a request is none that a client of the protocol sends."""
    _check(_REQUEST.validate_python, request)


def check_thread(thread: Any) -> None:
    """Fail where an answer is no thread with items."""
    _check(types.Thread.model_validate, thread)


def check_threads(page: Any) -> None:
    """Fail where an answer is no page of threads."""
    _check(types.Page[types.ThreadMetadata].model_validate, page)


def check_items(page: Any) -> None:
    """Fail where an answer is no page of items."""
    _check(types.Page[types.ThreadItem].model_validate, page)


def check_attachment(attachment: Any) -> None:
    """Fail where an answer is no attachment."""
    _check(_ATTACHMENT.validate_python, attachment)


def _check(validate: Callable[[Any], object], value: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        validate(value)

"""What Chainlit's own data layers import beside the interface."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def queue_until_user_message() -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Return a decorator that leaves a method as it is.

    In Chainlit it holds writes back until a web page's user has written something. A chat platform opens a conversation
    only when somebody writes, so there is nothing to hold back.
    """
    return lambda method: method

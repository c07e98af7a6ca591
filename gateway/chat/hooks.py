"""The decorators a bot registers its functions with."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.runtime.callbacks import registered

F = TypeVar("F", bound=Callable[..., Any])


def on_chat_start(func: F) -> F:
    """Called when a conversation begins: before its first message is handled, or when the user opens it."""
    registered().on_chat_start = func
    return func


def on_chat_resume(func: F) -> F:
    """Called with the thread when a conversation's session is loaded again (after a restart or a rest), before its
    next message. The JSON part of ``user_session`` is restored; recreate other objects here."""
    registered().on_chat_resume = func
    return func


def on_chat_end(func: F) -> F:
    """Called when a conversation ends: ``/new``, idle too long, its thread deleted, the bot removed."""
    registered().on_chat_end = func
    return func


def on_message(func: F) -> F:
    """Called with each ``Message`` a user writes."""
    registered().on_message = func
    return func


def on_stop(func: F) -> F:
    """Called after the user stopped the running turn, or deleted the message it answers."""
    registered().on_stop = func
    return func


def on_feedback(func: F) -> F:
    """Called with ``Feedback`` when a user rates an answer, and again when a comment follows. Registering it shows
    the thumbs."""
    registered().on_feedback = func
    return func


def action_callback(name: str) -> Callable[[F], F]:
    """Called with the ``Action`` when a button of that name is clicked."""

    def register(func: F) -> F:
        registered().actions[name] = func
        return func

    return register

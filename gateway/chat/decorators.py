"""The decorators a bot registers its functions with."""

from collections.abc import Callable
from typing import Any, TypeVar

from gateway.chat.registry import registered

F = TypeVar("F", bound=Callable[..., Any])


def on_chat_start(func: F) -> F:
    """Register the function called when a conversation begins: before its first message is handled, or when the user
    opens the direct message.

    Args:
        func: The handler, sync or async, called with nothing.

    Returns:
        The same function.
    """
    registered().on_chat_start = func
    return func


def on_chat_resume(func: F) -> F:
    """Register the function called when a conversation's session is loaded again, after a restart or a rest, before its
    next message. The JSON part of ``user_session`` is restored; other objects are created again here.

    Args:
        func: The handler, sync or async, called with the thread: a dict with ``id``, ``metadata``, ….

    Returns:
        The same function.
    """
    registered().on_chat_resume = func
    return func


def on_chat_end(func: F) -> F:
    """Register the function called when a conversation ends: ``/new``, idle too long, its thread deleted, the bot
    removed.

    Args:
        func: The handler, sync or async, called with nothing.

    Returns:
        The same function.
    """
    registered().on_chat_end = func
    return func


def on_message(func: F) -> F:
    """Register the function called for each message a user writes.

    Args:
        func: The handler, sync or async, called with the ``Message``.

    Returns:
        The same function.
    """
    registered().on_message = func
    return func


def on_thread_title(func: F) -> F:
    """Register the function that gives a conversation its title, called once, after the first message was handled. The
    title is kept with the history and shown where the platform has titles (Slack's agent threads, Discord's threads).

    Without it, when it returns None or fails, and until then, a conversation has its first message as its title.

    Args:
        func: The function, sync or async, called with the first ``Message`` that was handled. It returns the title, or
            None. It has 30 seconds, in which the conversation's next message waits. ``chat_context`` has the answer.

    Returns:
        The same function.
    """
    registered().on_thread_title = func
    return func


def on_stop(func: F) -> F:
    """Register the function called after the user stopped the running turn, or deleted the message it answers.

    Args:
        func: The handler, sync or async, called with nothing.

    Returns:
        The same function.
    """
    registered().on_stop = func
    return func


def on_feedback(func: F) -> F:
    """Register the function called when a user rates an answer, and again when a comment follows. Registering one puts
    thumbs under answers.

    Args:
        func: The handler, sync or async, called with the ``Feedback``.

    Returns:
        The same function.
    """
    registered().on_feedback = func
    return func


def on_settings_update(func: F) -> F:
    """Register the function called when a person changed the settings that ``ChatSettings`` offers.

    Args:
        func: The handler, sync or async, called with all values, a dict by widget id.

    Returns:
        The same function.
    """
    registered().on_settings_update = func
    return func


def set_chat_profiles(func: F) -> F:
    """Register the function that returns the profiles a person can choose from when a conversation begins and later by
    ``/profile``. Choosing one begins the chat anew.

    Args:
        func: The handler, sync or async, called with the ``User`` and the person's language (None where it is not
            known). It returns a list of ``ChatProfile``, or None for no choice.

    Returns:
        The same function.
    """
    registered().set_chat_profiles = func
    return func


def set_starters(func: F) -> F:
    """Register the function that returns what a person may want to say first, offered when a conversation begins.

    Args:
        func: The handler, sync or async, called with the ``User`` and the person's language (None where it is not
            known). It returns a list of ``Starter``.

    Returns:
        The same function.
    """
    registered().set_starters = func
    return func


def on_app_startup(func: F) -> F:
    """Register the function called once when the gateway starts, before the platforms are connected. When it fails, the
    gateway does not start.

    Args:
        func: The function, sync or async, called with nothing. There is no conversation in it.

    Returns:
        The same function.
    """
    registered().on_app_startup = func
    return func


def on_app_shutdown(func: F) -> F:
    """Register the function called once when the gateway ends, after the platforms are disconnected. It has
    ``GATEWAY_DRAIN_TIMEOUT`` seconds; a failure is logged.

    Args:
        func: The function, sync or async, called with nothing. There is no conversation in it.

    Returns:
        The same function.
    """
    registered().on_app_shutdown = func
    return func


def data_layer(func: F) -> F:
    """Register the function that returns the data layer: conversations are then kept there, and not in the gateway's
    own database. What it cannot take at the moment waits and is delivered later, in order.

    Args:
        func: The function, sync or async, called once with nothing when the gateway starts. It returns an object with
            the documented methods of ``gateway.data.BaseDataLayer``.

    Returns:
        The same function.
    """
    registered().data_layer = func
    return func


def action_callback(name: str) -> Callable[[F], F]:
    """Register the function called when a button is clicked.

    Args:
        name: The ``Action.name`` of the button.

    Returns:
        A decorator for the handler, which is called with the ``Action``.
    """

    def register(func: F) -> F:
        registered().actions[name] = func
        return func

    return register


def author_rename(func: F) -> F:
    """Register the function that renames the authors of messages and steps.

    Args:
        func: The function, called with the original author's name (``Chatbot`` for a message without one), which
            returns the name to show. An async one renames messages only.

    Returns:
        The same function.
    """
    registered().author_rename = func
    return func


def on_reaction(func: F) -> F:
    """Register the function called when somebody puts an emoji on a message of the conversation, or takes it off.

    Args:
        func: The handler, sync or async, called with the ``Reaction``.

    Returns:
        The same function.
    """
    registered().on_reaction = func
    return func


def on_slack_reaction_added(func: F) -> F:
    """Register the function called when somebody in Slack puts an emoji on a message of the conversation.

    Args:
        func: The handler, sync or async, called with Slack's ``reaction_added`` event, a dict.

    Returns:
        The same function.
    """
    registered().on_slack_reaction_added = func
    return func


def on_message_edit(func: F) -> F:
    """Register the function called when a person edits a message of the conversation.

    Args:
        func: The handler, sync or async, called with the ``Message`` as it reads now.

    Returns:
        The same function.
    """
    registered().on_message_edit = func
    return func


def on_mcp_connect(func: F) -> F:
    """Register the function called for each server of tools (MCP) that a conversation is connected with: before its
    first message is handled, and again after a rest, a restart or the server's end. Without it nothing is connected.

    The connections are those of ``.mcp.json`` beside the bot, or of the file that ``GATEWAY_MCP`` names. The function
    has the rest of ``GATEWAY_MCP_TIMEOUT`` seconds.

    Args:
        func: The handler, sync or async, called with the connection (``name``, ``clientType``, ``command``, ``url``, …)
            and its ``mcp.ClientSession``.

    Returns:
        The same function.
    """
    registered().on_mcp_connect = func
    return func


def on_mcp_disconnect(func: F) -> F:
    """Register the function called when a connection with a server of tools (MCP) ends: the conversation ends or rests,
    the server is gone, or the gateway ends. Unless the conversation ends, nothing can be said in it.

    Args:
        func: The handler, sync or async, called with the connection's name and its ``mcp.ClientSession``.

    Returns:
        The same function.
    """
    registered().on_mcp_disconnect = func
    return func


def on_message_delete(func: F) -> F:
    """Register the function called when a person deletes a message of the conversation, but not the one it began with,
    whose deletion ends it.

    Args:
        func: The handler, sync or async, called with the ``Message`` as it read, as far as the gateway keeps it.

    Returns:
        The same function.
    """
    registered().on_message_delete = func
    return func


def on_authorize(func: F) -> F:
    """Register the function that decides whether a person may use the bot, after the rules of ``gateway.toml``. It is
    asked for everything people do: messages, edits, deletions, clicks, commands, forms, reactions, ratings, stops.

    It has two seconds, because platforms wait no longer. When it takes longer or fails, the person is refused and asked
    to try again later.

    Args:
        func: The function, sync or async, called with the ``User`` and the ``AccessRequest``. Only True lets the person
            in; a text is what they are told in private, anything else refuses in the gateway's words.

    Returns:
        The same function.
    """
    registered().on_authorize = func
    return func


def on_quota(func: F) -> F:
    """Register the function called when a person or a workspace has reached a limit of ``[limits]`` in
    ``gateway.toml``, before they are told.

    It has two seconds; when it takes longer or fails, the limit holds.

    Args:
        func: The function, sync or async, called with the ``User`` and the ``QuotaReached``. True lets this message
            pass; a text is what the person is told in private, anything else leaves that to the gateway.

    Returns:
        The same function.
    """
    registered().on_quota = func
    return func

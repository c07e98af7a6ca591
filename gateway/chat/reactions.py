"""Reactions: what ``on_reaction`` is given."""

from dataclasses import dataclass

from gateway.chat.user import User


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji that somebody put on a message, or took off.

    Args:
        emoji: The emoji as the platform names it: ``thumbsup`` (Slack), ``👍`` (Discord), ``like`` (Teams).
        added: Whether it was put on; else it was taken off.
        user: Who did it.
        message_id: The platform's id of the message.
        for_id: The id of the bot's own ``Message`` it is on; None for another message.
    """

    emoji: str
    added: bool
    user: User
    message_id: str
    for_id: str | None = None

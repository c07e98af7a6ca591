"""Slash commands, as they are registered with a platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command. ``name`` has no slash."""

    name: str
    description: str
    """What the command does, shown by the platform."""
    argument: str | None = None
    """What the text after the command is; None for a command that takes no text."""


COMMANDS = (
    Command(name="new", description="Start a new conversation"),
    Command(name="settings", description="Change the settings of this chat"),
    Command(name="profile", description="Choose who you talk to"),
    Command(name="stop", description="Stop the answer that is being written"),
)
"""The commands the gateway itself handles on every platform, as a slash command or written as a message."""

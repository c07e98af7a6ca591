"""Slash commands, as a platform is told of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. ``name`` is without its slash."""

    name: str
    description: str
    argument: str | None = None
    """What the text after it is, for commands that take one."""


COMMANDS = (
    Command(name="new", description="Start a new conversation"),
    Command(name="stop", description="Stop the answer that is being written"),
)
"""What the gateway itself understands everywhere, as a command or written as a message."""

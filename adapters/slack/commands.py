"""The app's slash command (``/my-bot search cats``), whose first word names a command of the bot or of the gateway.

Slack registers commands with the app's manifest and not at run time, so those that a bot gives its users cannot be
slash commands of their own. Pure.
"""

import re

from adapters.slack.limits import COMMAND_NAME
from gateway.model import COMMANDS

_OTHER = re.compile(r"[^a-z0-9]+")
_GATEWAYS = frozenset(command.name for command in COMMANDS)


def command_of(app: str) -> str:
    """Return the app's slash command, without the slash, for the app's name."""
    name = _OTHER.sub("-", app.casefold()).strip("-")[:COMMAND_NAME].strip("-")
    return f"{name or 'my'}-bot" if not name or name in _GATEWAYS else name


def is_apps(command: str, bot: str) -> bool:
    """Return whether a slash command is the app's own: it reads like the name of the bot's user, from which Slack
    leaves blanks and signs out."""
    return command not in _GATEWAYS and bool(bot) and _letters(command) == _letters(bot)


def _letters(name: str) -> str:
    return _OTHER.sub("", name.casefold())


def parted(text: str) -> tuple[str, str]:
    """Return the command that the words behind the app's slash command begin with, and the rest of them."""
    word, _, rest = text.strip().partition(" ")
    return word.removeprefix("/"), rest.strip()


def help_text(command: str) -> str:
    """Return what the app's slash command says where nothing stands behind it."""
    own = ", ".join([f"`{each.name}`" for each in COMMANDS])
    return (
        f"Write a command behind it, such as `/{command} new`. There are {own}, and those the bot tells you about. "
        "Slack has no slash commands in threads: there mention the bot and write the command as `/new`."
    )

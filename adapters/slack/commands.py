"""The app's slash command (``/my-bot search cats``), whose first word names a command of the bot or of the gateway.

Slack registers commands with the app's manifest and not at run time, so those that a bot gives its users cannot be
slash commands of their own. Pure.
"""

import re
from collections.abc import Sequence

from adapters.slack.limits import COMMAND_NAME
from adapters.slack.mentions import escape, safe_text
from gateway.model import COMMANDS, AllowedMentions, Command

_OTHER = re.compile(r"[^a-z0-9]+")
_LISTED = 40
"""Commands that the help lists."""
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


def help_text(command: str, own: Sequence[Command]) -> str:
    """Return what the app's slash command says where nothing stands behind it: how it is used, and the commands there
    are; ``own`` are those of the bot. It is mrkdwn."""
    lines = [_line(each) for each in (*own, *COMMANDS)]
    shown = lines[:_LISTED]
    if len(lines) > len(shown):
        shown.append(f"… and {len(lines) - len(shown)} more")
    first = f"Write a command behind it, such as `/{command} {escape((own or COMMANDS)[0].name)}`:"
    last = "In a thread, where Slack has no slash commands, mention the bot and write the command with its slash."
    return "\n".join([first, *shown, last])


def _line(command: Command) -> str:
    about = f" – {safe_text(command.description, AllowedMentions())}" if command.description else ""  # noqa: RUF001
    return f"• `{escape(command.name)}`{about}"

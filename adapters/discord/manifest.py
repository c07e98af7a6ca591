"""The intents, permissions and commands a Discord application needs, from one table that gives the reason for each."""

import json
from typing import Any, NamedTuple

from gateway.adapter import AppOptions
from gateway.model import COMMANDS, Command

_PORTAL = "https://discord.com/developers/applications"


class Need(NamedTuple):
    """An intent or a permission: its bit, and what would not work without it."""

    name: str
    bit: int
    why: str


# https://docs.discord.com/developers/events/gateway#list-of-intents
INTENTS = (
    Need("GUILDS", 0, "know channels, threads and roles by name; notice deleted threads and being removed"),
    Need("GUILD_MESSAGES", 9, "hear messages in servers"),
    Need("GUILD_MESSAGE_REACTIONS", 10, "hear reactions in servers"),
    Need("DIRECT_MESSAGES", 12, "hear direct messages"),
    Need("DIRECT_MESSAGE_REACTIONS", 13, "hear reactions in direct messages"),
    Need("MESSAGE_CONTENT", 15, "read what is written in a thread without mentioning the bot"),
)
"""The gateway intents the bot connects with."""
PRIVILEGED = ("MESSAGE_CONTENT",)
"""Intents that have to be switched on in the Developer Portal, on the page Bot."""
MESSAGE_CONTENT_FLAGS = 1 << 18 | 1 << 19
"""The flags of an application that may read message content (``GATEWAY_MESSAGE_CONTENT``), one for verified
applications and one for all others: https://docs.discord.com/developers/resources/application#application-object."""

# https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
PERMISSIONS = (
    Need("ADD_REACTIONS", 6, "react to messages"),
    Need("VIEW_CHANNEL", 10, "see channels, and hear what is said there"),
    Need("SEND_MESSAGES", 11, "answer where no thread can be opened"),
    Need("EMBED_LINKS", 14, "show images and files that are given by address"),
    Need("ATTACH_FILES", 15, "attach files to answers"),
    Need("READ_MESSAGE_HISTORY", 16, "read a conversation back, reply to a message, react to it"),
    Need("MANAGE_THREADS", 34, "give a conversation's thread a title, go on in a locked one"),
    Need("CREATE_PUBLIC_THREADS", 35, "open a thread from the message that mentions the bot"),
    Need("SEND_MESSAGES_IN_THREADS", 38, "answer in threads and forum posts"),
)
"""The permissions the bot asks for in a server."""
REQUIRED = frozenset({"VIEW_CHANNEL", "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS"})
"""The permissions without which the bot does not hear people or cannot answer them; without one of the others it only
lacks what that permission is for."""
ADMINISTRATOR = 1 << 3
"""The permission that contains all others."""


def bits(needs: tuple[Need, ...]) -> int:
    """Return the intents or permissions as Discord's bit field."""
    return sum(1 << need.bit for need in needs)


def command_json(command: Command) -> dict[str, Any]:
    """Return a command as Discord registers it, for servers and direct messages alike."""
    options: list[dict[str, Any]] = []
    if command.argument is not None:
        options.append({"type": 3, "name": "text", "description": command.argument, "required": False})
    return {
        "name": command.name,
        "type": 1,
        "description": command.description,
        "options": options,
        "contexts": [0, 1],
        "integration_types": [0],
    }


def install_url(app_id: str | None) -> str:
    """Return the address at which an administrator adds the bot to a server."""
    scopes = "bot+applications.commands"
    return (
        f"https://discord.com/oauth2/authorize?client_id={app_id or 'YOUR-APP-ID'}"
        f"&permissions={bits(PERMISSIONS)}&scope={scopes}"
    )


def manifest(options: AppOptions) -> dict[str, Any]:
    """Return the manifest. Discord takes no such file: it says what to switch on, and gives the address that asks for
    the rest."""
    return {
        "name": options.name,
        "portal": _PORTAL,
        "intents": {
            "value": bits(INTENTS),
            "privileged": list(PRIVILEGED),
            "why": {need.name: need.why for need in INTENTS},
        },
        "permissions": {
            "value": str(bits(PERMISSIONS)),
            "why": {need.name: need.why for need in PERMISSIONS},
        },
        "install_url": install_url(options.app_id),
        "commands": [command_json(command) for command in COMMANDS],
    }


def app_manifest(options: AppOptions) -> str:
    """Return the manifest as JSON, for ``gateway manifest discord``."""
    return json.dumps(manifest(options), ensure_ascii=False, indent=2) + "\n"

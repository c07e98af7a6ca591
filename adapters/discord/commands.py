"""Registers the bot's slash commands with Discord; commands that others registered under the same application stay."""

from typing import Any

import structlog

from adapters.discord.api import Api
from adapters.discord.manifest import command_json
from adapters.fields import Json, items, text
from gateway.errors import GatewayError
from gateway.model import COMMANDS

_PATH = "/applications/{application_id}/commands"
# Fields that Discord adds to a registered command.
_TOLD = ("name", "type", "description", "options", "contexts", "integration_types")

log = structlog.get_logger(__name__)


async def sync(api: Api, app: str) -> None:
    """Register the bot's commands where Discord's list differs. A failure is only logged, because the bot also
    understands commands written as text."""
    wanted = [command_json(command) for command in COMMANDS]
    try:
        # Fetched with translations, because the list below replaces all commands, and those of others must stay.
        there = await api.call("GET", _PATH, {"application_id": app}, query={"with_localizations": "true"})
        known: dict[str, Json] = {text(each, "name"): each for each in items({"all": there}, "all")}
        if all(_same(known.get(command["name"]), command) for command in wanted):
            return
        ours = {command["name"] for command in wanted}
        others = [dict(each) for name, each in known.items() if name not in ours]
        await api.call("PUT", _PATH, {"application_id": app}, json=[*others, *wanted])
    except GatewayError as error:
        log.warning("discord.commands_failed", error=str(error))
    else:
        log.info("discord.commands", commands=sorted(ours))


def _same(there: Json | None, wanted: dict[str, Any]) -> bool:
    if there is None:
        return False
    return all((there.get(name) or []) == (wanted[name] or []) for name in _TOLD)

"""How people use what a bot offers: buttons, menus, forms, slash commands."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.discord import cdn, components, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.filling import filled
from gateway.emulators.discord.interactions import COMMAND, COMPONENT, MODAL, InteractionResult, Interactions, Modal
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.state import Channel, Message, User

_STRING, _INTEGER, _BOOLEAN, _USER, _CHANNEL, _ROLE, _NUMBER, _ATTACHMENT = 3, 4, 5, 6, 7, 8, 10, 11


class UserInteractions:
    """Performs what people do with buttons, menus, forms and commands, by the rules of Discord's client."""

    def __init__(self, backend: Backend, interactions: Interactions) -> None:
        self._backend = backend
        self._interactions = interactions

    async def click(
        self,
        channel: Channel,
        message_id: str,
        user: User,
        *,
        custom_id: str | None,
        label: str | None,
        values: Sequence[str] | None,
    ) -> InteractionResult:
        """Press a button or select in a menu, found by custom id or by label."""
        message = channel.messages.get(message_id)
        seen = self._backend.may(user.id, channel) & Permission.VIEW_CHANNEL
        if message is None or message.ephemeral_for not in (None, user.id) or not seen:
            raise PersonError("no such message")
        found = _component(message, custom_id, label)
        if found.get("disabled"):
            raise PersonError("that is disabled")
        if "url" in found:
            raise PersonError("that is a link")
        data: JSON = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found["id"]}
        if found["type"] != components.BUTTON:
            data |= self._chosen(channel, found, list(values or ()))
        return await self._interactions.send(COMPONENT, user, channel, data, message=message)

    async def submit(self, modal: Modal, values: Mapping[str, Any]) -> InteractionResult:
        """Submit a form, with values by custom id or label. It closes unless the bot fails to answer."""
        opener = modal.opener
        entered = filled(self._backend.world, opener.channel.id, modal.wire, values)
        if entered.errors:
            return InteractionResult("invalid", errors=entered.errors)
        data: JSON = {"custom_id": modal.wire["custom_id"], "components": entered.components}
        resolved = {**entered.resolved, **self._resolved(opener.channel, entered.mentioned)}
        if resolved:
            data["resolved"] = resolved
        user = self._backend.world.users[modal.user_id]
        result = await self._interactions.send(MODAL, user, opener.channel, data, message=opener.message, opener=opener)
        if result.ok:
            self._interactions.close_modal(modal.id)
        return result

    async def command(self, channel: Channel, user: User, name: str, options: Mapping[str, Any]) -> InteractionResult:
        """Run a slash command as registered; after a blank, ``name`` may contain a subcommand's name."""
        words = name.removeprefix("/").split()
        command = self._command(channel, words[0])
        if not self._backend.may(user.id, channel) & Permission.USE_APPLICATION_COMMANDS:
            raise PersonError(f"{user.display_name} may not use commands here")
        if channel.thread is not None and channel.thread.archived:
            raise PersonError("the thread is archived")
        resolved: JSON = {}
        data: JSON = {"id": command["id"], "name": command["name"], "type": 1}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        given = self._options(channel, command.get("options", []), words[1:], dict(options), resolved)
        if given:
            data["options"] = given
        if resolved:
            data["resolved"] = resolved
        return await self._interactions.send(COMMAND, user, channel, data)

    # -- menus

    def _chosen(self, channel: Channel, found: JSON, values: list[str]) -> JSON:
        if not found["min_values"] <= len(values) <= found["max_values"]:
            raise PersonError(f"choose {found['min_values']} to {found['max_values']}")
        if found["type"] == 3:
            labels = {option["label"]: option["value"] for option in found["options"]}
            values = [labels.get(value, value) for value in values]
            if not set(values) <= set(labels.values()):
                raise PersonError("no such option")
            return {"values": values}
        return {"values": values, "resolved": self._resolved(channel, values)}

    def _resolved(self, channel: Channel, ids: Sequence[str]) -> JSON:
        """Return the objects for the ids of users, roles and channels."""
        out: JSON = {}
        world = self._backend.world
        guild = world.guild_of(channel)
        for each in ids:
            if each in world.users:
                out.setdefault("users", {})[each] = wire.user(world.users[each])
                if guild is not None and each in guild.members:
                    member = wire.member(guild.members[each], with_user=False)
                    out.setdefault("members", {})[each] = {**member, "permissions": "0"}
            elif guild is not None and each in guild.roles:
                out.setdefault("roles", {})[each] = wire.role(guild.roles[each])
            elif each in world.channels:
                shown = wire.channel(world, world.channels[each])
                out.setdefault("channels", {})[each] = {**shown, "permissions": "0"}
            else:
                raise PersonError(f"nothing has the id {each}")
        return out

    # -- commands

    def _command(self, channel: Channel, name: str) -> JSON:
        """Return the command a person sees under this name. The guild's own comes before the global one."""
        scopes = [""] if channel.guild_id is None else [channel.guild_id, ""]
        for scope in scopes:
            for command in self._backend.application.commands.get(scope, {}).values():
                if command["name"] == name and command["type"] == 1 and _usable(command, channel):
                    return command
        raise PersonError(f"no command /{name}")

    def _options(
        self, channel: Channel, declared: list[JSON], words: list[str], given: dict[str, Any], resolved: JSON
    ) -> list[JSON]:
        if words:
            sub = next((o for o in declared if o["type"] in (1, 2) and o["name"] == words[0]), None)
            if sub is None:
                raise PersonError(f"no subcommand {words[0]}")
            inner = self._options(channel, sub.get("options", []), words[1:], given, resolved)
            return [{"name": sub["name"], "type": sub["type"], "options": inner}]
        out: list[JSON] = []
        for option in declared:
            if option["type"] in (1, 2):
                raise PersonError("name the subcommand")
            if option["name"] in given:
                value = self._value(channel, option, given.pop(option["name"]), resolved)
                out.append({"name": option["name"], "type": option["type"], "value": value})
            elif option.get("required"):
                raise PersonError(f"{option['name']} is required")
        if given:
            raise PersonError(f"no option {next(iter(given))}")
        return out

    def _value(self, channel: Channel, option: JSON, value: Any, resolved: JSON) -> Any:
        kind = option["type"]
        choices = [choice["value"] for choice in option.get("choices", ())]
        if choices and value not in choices:
            raise PersonError(f"{option['name']} is one of {choices}")
        if kind == _ATTACHMENT:
            name, content, mime = value
            file = cdn.new_file(self._backend.world, channel.id, name, content, mime)
            file.ephemeral = True
            resolved.setdefault("attachments", {})[file.id] = wire.attachment(self._backend.world, file)
            return file.id
        if kind in (_USER, _CHANNEL, _ROLE, 9):
            for key, found in self._resolved(channel, [str(value)]).items():
                resolved.setdefault(key, {}).update(found)
            return str(value)
        try:
            return {_STRING: str, _INTEGER: int, _BOOLEAN: bool, _NUMBER: float}[kind](value)
        except ValueError:
            raise PersonError(f"{option['name']} is a number") from None


def _component(message: Message, custom_id: str | None, label: str | None) -> JSON:
    for each in components.interactive(message.components):
        shown = each.get("label") or each.get("placeholder") or (each.get("emoji") or {}).get("name")
        if custom_id is not None and each.get("custom_id") == custom_id:
            return each
        if custom_id is None and label is not None and shown == label:
            return each
    raise PersonError("no such button or menu")


def _usable(command: JSON, channel: Channel) -> bool:
    """Return whether a command is offered in this place."""
    contexts = command.get("contexts")
    if contexts is not None:
        return (1 if channel.guild_id is None else 0) in contexts
    return channel.guild_id is not None or bool(command.get("dm_permission", True))

"""Translates the playground's actions, documented in ``gateway.emulators.discord.emulator``, into what people do."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError, Upload
from gateway.emulators.discord.interactions import InteractionResult
from gateway.emulators.discord.modals import inputs


class Client(Protocol):
    """What a person can do in Discord's client and the playground offers. ``DiscordEmulator`` implements it."""

    async def post(
        self, channel: str, text: str, *, user: str | None, files: Sequence[Upload], reply_to: str | None
    ) -> str: ...
    async def voice(self, channel: str, audio: bytes, *, duration: float, user: str | None) -> str: ...
    async def edit(self, channel: str, message_id: str, text: str) -> None: ...
    async def delete_message(self, channel: str, message_id: str) -> None: ...
    async def dismiss(self, channel: str, message_id: str) -> None: ...
    async def react(self, channel: str, message_id: str, emoji: str, *, user: str | None, added: bool) -> None: ...
    async def typing(self, channel: str, *, user: str | None) -> None: ...
    async def click(
        self, channel: str, message_id: str, custom_id: str, *, values: Sequence[str] | None, user: str | None
    ) -> InteractionResult: ...
    async def command(
        self, name: str, channel: str, *, options: Mapping[str, Any], user: str | None
    ) -> InteractionResult: ...
    def modal(self, modal_id: str) -> JSON: ...
    async def submit(self, modal_id: str, values: Mapping[str, Any]) -> InteractionResult: ...
    def close_modal(self, modal_id: str) -> None: ...
    async def create_thread(self, channel: str, name: str, *, message_id: str | None, user: str | None) -> str: ...
    async def create_post(
        self, forum: str, title: str, text: str, *, files: Sequence[Upload], user: str | None
    ) -> str: ...
    async def delete_thread(self, channel: str) -> None: ...
    async def open_dm(self, user: str | None) -> str: ...
    async def remove_bot(self) -> None: ...
    async def add_bot(self) -> None: ...


async def act(client: Client, action: Mapping[str, Any]) -> JSON:
    """Perform an action and return its result, or the reason why it failed."""
    return await answered(_act(client, action))


async def _act(client: Client, action: Mapping[str, Any]) -> JSON:
    kind, user, channel = action["type"], action.get("user"), str(action.get("channel", ""))
    if kind in ("click", "submit", "close_modal", "command"):
        return await _interact(client, kind, action, channel)
    if kind in ("create_thread", "create_post", "delete_thread", "open_dm", "remove_bot", "add_bot"):
        return await _arrange(client, kind, action, channel)
    match kind:
        case "post":
            files = files_in(action.get("files") or ())
            reply_to = action.get("reply_to") or None
            text = action.get("text", "")
            return {"id": await client.post(channel, text, user=user, files=files, reply_to=reply_to)}
        case "voice":
            audio = base64.b64decode(action["data"], validate=True)
            return {"id": await client.voice(channel, audio, duration=float(action["duration"]), user=user)}
        case "edit":
            await client.edit(channel, action["id"], action["text"])
        case "delete":
            await client.delete_message(channel, action["id"])
        case "dismiss":
            await client.dismiss(channel, action["id"])
        case "react":
            await client.react(channel, action["id"], action["emoji"], user=user, added=action.get("added", True))
        case "typing":
            await client.typing(channel, user=user)
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _interact(client: Client, kind: str, action: Mapping[str, Any], channel: str) -> JSON:
    user = action.get("user")
    if kind == "click":
        values = action.get("values")
        return _shown(await client.click(channel, action["id"], action["custom_id"], values=values, user=user))
    if kind == "command":
        options = {name: _option(value) for name, value in (action.get("options") or {}).items()}
        return _shown(await client.command(action["command"], channel, options=options, user=user))
    if kind == "close_modal":
        client.close_modal(action["modal_id"])
        return {}
    modal = client.modal(action["modal_id"])
    uploads = {each["custom_id"] for each in inputs(modal) if each["type"] == 19}
    values = {k: files_in(v) if k in uploads else v for k, v in (action.get("values") or {}).items()}
    return _shown(await client.submit(action["modal_id"], values))


async def _arrange(client: Client, kind: str, action: Mapping[str, Any], channel: str) -> JSON:
    user = action.get("user")
    match kind:
        case "create_thread":
            source = action.get("id")
            return {"channel": await client.create_thread(channel, action["name"], message_id=source, user=user)}
        case "create_post":
            files = files_in(action.get("files") or ())
            text = action.get("text", "")
            return {"channel": await client.create_post(channel, action["title"], text, files=files, user=user)}
        case "delete_thread":
            await client.delete_thread(channel)
        case "open_dm":
            return {"channel": await client.open_dm(user)}
        case "remove_bot":
            await client.remove_bot()
        case _:
            await client.add_bot()
    return {}


def _shown(result: InteractionResult) -> JSON:
    if result.errors:
        raise Refused(result.errors)
    if result.error is not None:
        raise PersonError(result.error)
    return {"kind": result.kind, "message_id": result.message_id, "modal_id": result.modal_id}


def _option(value: Any) -> Any:
    """Return a command option's value, with the base64 of a file decoded."""
    return files_in([value])[0] if isinstance(value, dict) else value

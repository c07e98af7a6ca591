"""The playground's actions (see ``gateway.emulators.discord.emulator``), from JSON to what people do."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.discord.interactions import InteractionResult
from gateway.emulators.discord.modals import inputs

if TYPE_CHECKING:
    from gateway.emulators.discord.emulator import DiscordEmulator


async def act(emulator: "DiscordEmulator", action: Mapping[str, Any]) -> JSON:
    """Do it; whatever is wrong with it is said in the answer."""
    return await answered(_act(emulator, action))


async def _act(emulator: "DiscordEmulator", action: Mapping[str, Any]) -> JSON:
    kind, user, channel = action["type"], action.get("user"), str(action.get("channel", ""))
    if kind in ("click", "submit", "close_modal", "command"):
        return await _interact(emulator, kind, action, channel)
    if kind in ("create_thread", "create_post", "delete_thread", "open_dm", "remove_bot", "add_bot"):
        return await _arrange(emulator, kind, action, channel)
    match kind:
        case "post":
            files = files_in(action.get("files") or ())
            reply_to = action.get("reply_to") or None
            text = action.get("text", "")
            return {"id": await emulator.post(channel, text, user=user, files=files, reply_to=reply_to)}
        case "voice":
            audio = base64.b64decode(action["data"], validate=True)
            return {"id": await emulator.voice(channel, audio, duration=float(action["duration"]), user=user)}
        case "edit":
            await emulator.edit(channel, action["id"], action["text"])
        case "delete":
            await emulator.delete_message(channel, action["id"])
        case "dismiss":
            await emulator.dismiss(channel, action["id"])
        case "react":
            await emulator.react(channel, action["id"], action["emoji"], user=user, added=action.get("added", True))
        case "typing":
            await emulator.typing(channel, user=user)
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _interact(emulator: "DiscordEmulator", kind: str, action: Mapping[str, Any], channel: str) -> JSON:
    user = action.get("user")
    if kind == "click":
        values = action.get("values")
        return _shown(await emulator.click(channel, action["id"], action["custom_id"], values=values, user=user))
    if kind == "command":
        options = {name: _option(value) for name, value in (action.get("options") or {}).items()}
        return _shown(await emulator.command(action["command"], channel, options=options, user=user))
    if kind == "close_modal":
        emulator.close_modal(action["modal_id"])
        return {}
    modal = emulator.modal(action["modal_id"])
    uploads = {each["custom_id"] for each in inputs(modal) if each["type"] == 19}
    values = {k: files_in(v) if k in uploads else v for k, v in (action.get("values") or {}).items()}
    return _shown(await emulator.submit(action["modal_id"], values))


async def _arrange(emulator: "DiscordEmulator", kind: str, action: Mapping[str, Any], channel: str) -> JSON:
    user = action.get("user")
    match kind:
        case "create_thread":
            source = action.get("id")
            return {"channel": await emulator.create_thread(channel, action["name"], message_id=source, user=user)}
        case "create_post":
            files = files_in(action.get("files") or ())
            text = action.get("text", "")
            return {"channel": await emulator.create_post(channel, action["title"], text, files=files, user=user)}
        case "delete_thread":
            await emulator.delete_thread(channel)
        case "open_dm":
            return {"channel": await emulator.open_dm(user)}
        case "remove_bot":
            await emulator.remove_bot()
        case _:
            await emulator.add_bot()
    return {}


def _shown(result: InteractionResult) -> JSON:
    if result.errors:
        raise Refused(result.errors)
    if result.error is not None:
        raise PersonError(result.error)
    return {"kind": result.kind, "message_id": result.message_id, "modal_id": result.modal_id}


def _option(value: Any) -> Any:
    """An option's value; a file's base64 decoded."""
    return files_in([value])[0] if isinstance(value, dict) else value

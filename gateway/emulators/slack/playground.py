"""The playground's actions (see ``gateway.emulators.slack.emulator``), from JSON to what people do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.slack.values import InteractionResult
from gateway.emulators.slack.views import View

if TYPE_CHECKING:
    from gateway.emulators.slack.emulator import SlackEmulator


async def act(emulator: "SlackEmulator", action: Mapping[str, Any]) -> JSON:
    """Do it; whatever is wrong with it is said in the answer."""
    return await answered(_act(emulator, action))


async def _act(emulator: "SlackEmulator", action: Mapping[str, Any]) -> JSON:
    user, channel = action.get("user"), str(action.get("channel", ""))
    match action["type"]:
        case "post":
            thread_ts = action.get("thread_ts") or None
            uploads = files_in(action.get("files") or ())
            ts = await emulator.post(channel, action.get("text", ""), user=user, thread_ts=thread_ts, files=uploads)
            return {"ts": ts}
        case "click":
            return await _act_click(emulator, action, channel, user)
        case "submit":
            view = emulator.view(action["view_id"])
            return _shown(await emulator.submit(view.id, _decoded(view, action.get("values") or {})))
        case "close_view":
            return _shown(await emulator.close_view(action["view_id"]))
        case "react":
            await emulator.react(channel, action["ts"], action["name"], user=user, added=action.get("added", True))
        case "edit":
            await emulator.edit(channel, action["ts"], action["text"])
        case "delete":
            await emulator.delete_message(channel, action["ts"])
        case "command":
            return _shown(await emulator.command(action["command"], action.get("text", ""), channel, user=user))
        case "stop":
            await emulator.stop_session(channel, action["thread_ts"], user=user)
        case "open_dm":
            return {"channel": await emulator.open_home(user)}
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _act_click(emulator: "SlackEmulator", action: Mapping[str, Any], channel: str, user: str | None) -> JSON:
    value = action.get("selected_options", action.get("selected_option", action.get("value")))
    if action.get("view_id"):
        return _shown(await emulator.click_view(action["view_id"], action["action_id"], value=value))
    clicked = emulator.click(
        channel, action["ts"], action["action_id"], block_id=action.get("block_id"), value=value, user=user
    )
    return _shown(await clicked)


def _shown(result: InteractionResult) -> JSON:
    if result.errors:
        raise Refused(result.errors)
    if result.error is not None:
        raise PersonError(result.error)
    return {"status": result.status}


def _decoded(view: View, values: Mapping[str, Mapping[str, Any]]) -> JSON:
    """The page's values with its files' base64 decoded."""
    inputs = {
        b.get("block_id")
        for b in view.wire["blocks"]
        if isinstance(b.get("element"), dict) and b["element"].get("type") == "file_input"
    }
    return {
        block_id: {a: files_in(v) if block_id in inputs else v for a, v in fields.items()}
        for block_id, fields in values.items()
    }

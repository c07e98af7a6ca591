"""Translates the playground's actions, documented in ``gateway.emulators.slack.emulator``, into what people do."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError, Upload
from gateway.emulators.slack.values import InteractionResult
from gateway.emulators.slack.views import View


class Client(Protocol):
    """What a person can do in Slack's client, as far as the playground offers it; ``SlackEmulator`` implements it."""

    async def post(
        self, channel: str, text: str, *, user: str | None, thread_ts: str | None, files: Sequence[Upload]
    ) -> str: ...
    async def edit(self, channel: str, ts: str, text: str) -> None: ...
    async def delete_message(self, channel: str, ts: str) -> None: ...
    async def react(self, channel: str, ts: str, name: str, *, user: str | None, added: bool) -> None: ...
    async def click(
        self, channel: str, ts: str, action_id: str, *, block_id: str | None, value: Any, user: str | None
    ) -> InteractionResult: ...
    async def command(self, command: str, text: str, channel: str, *, user: str | None) -> InteractionResult: ...
    async def open_home(self, user: str | None) -> str: ...
    async def stop_session(self, channel: str, thread_ts: str, *, user: str | None) -> None: ...
    def view(self, view_id: str) -> View: ...
    async def click_view(self, view_id: str, action_id: str, *, value: Any) -> InteractionResult: ...
    async def submit(self, view_id: str, values: Mapping[str, Mapping[str, Any]]) -> InteractionResult: ...
    async def close_view(self, view_id: str) -> InteractionResult: ...


async def act(client: Client, action: Mapping[str, Any]) -> JSON:
    """Perform an action and return its result, or the reason why it failed."""
    return await answered(_act(client, action))


async def _act(client: Client, action: Mapping[str, Any]) -> JSON:
    user, channel = action.get("user"), str(action.get("channel", ""))
    match action["type"]:
        case "post":
            thread_ts = action.get("thread_ts") or None
            uploads = files_in(action.get("files") or ())
            ts = await client.post(channel, action.get("text", ""), user=user, thread_ts=thread_ts, files=uploads)
            return {"ts": ts}
        case "click":
            return await _act_click(client, action, channel, user)
        case "submit":
            view = client.view(action["view_id"])
            return _shown(await client.submit(view.id, _decoded(view, action.get("values") or {})))
        case "close_view":
            return _shown(await client.close_view(action["view_id"]))
        case "react":
            await client.react(channel, action["ts"], action["name"], user=user, added=action.get("added", True))
        case "edit":
            await client.edit(channel, action["ts"], action["text"])
        case "delete":
            await client.delete_message(channel, action["ts"])
        case "command":
            return _shown(await client.command(action["command"], action.get("text", ""), channel, user=user))
        case "stop":
            await client.stop_session(channel, action["thread_ts"], user=user)
        case "open_dm":
            return {"channel": await client.open_home(user)}
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _act_click(client: Client, action: Mapping[str, Any], channel: str, user: str | None) -> JSON:
    value = action.get("selected_options", action.get("selected_option", action.get("value")))
    if action.get("view_id"):
        return _shown(await client.click_view(action["view_id"], action["action_id"], value=value))
    clicked = client.click(
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
    """Return the page's form values with the base64 of files decoded."""
    inputs = {
        b.get("block_id")
        for b in view.wire["blocks"]
        if isinstance(b.get("element"), dict) and b["element"].get("type") == "file_input"
    }
    return {
        block_id: {a: files_in(v) if block_id in inputs else v for a, v in fields.items()}
        for block_id, fields in values.items()
    }

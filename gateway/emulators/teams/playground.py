"""Translates the playground's actions, documented in ``gateway.emulators.teams.emulator``, into what people do."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError, Upload
from gateway.emulators.teams.values import InvokeResult


class Client(Protocol):
    """What a person can do in the Teams client, as far as the playground offers it; ``TeamsEmulator`` implements it."""

    async def say(
        self,
        place: str,
        text: str,
        *,
        user: str | None,
        thread: str | None,
        files: Sequence[Upload],
        images: Sequence[Upload],
    ) -> str: ...
    async def edit(self, place: str, message_id: str, text: str, *, user: str | None) -> None: ...
    async def delete_message(self, place: str, message_id: str, *, user: str | None) -> None: ...
    async def undelete(self, place: str, message_id: str, *, user: str | None) -> None: ...
    async def react(self, place: str, message_id: str, reaction: str, *, user: str | None, added: bool) -> None: ...
    async def stop_stream(self, place: str, *, user: str | None) -> str: ...
    async def install(self, place: str, *, user: str | None) -> None: ...
    async def uninstall(self, place: str, *, user: str | None) -> None: ...
    async def add_member(self, place: str, member: str, *, user: str | None) -> None: ...
    async def remove_member(self, place: str, member: str, *, user: str | None) -> None: ...
    async def click(
        self,
        place: str,
        message_id: str,
        title: str | None,
        *,
        action: Mapping[str, Any] | None,
        inputs: Mapping[str, Any] | None,
        user: str | None,
    ) -> InvokeResult: ...
    async def choose(self, place: str, message_id: str, title: str, *, user: str | None) -> InvokeResult: ...
    async def feedback(
        self, place: str, message_id: str, reaction: Literal["like", "dislike"], comment: str, *, user: str | None
    ) -> InvokeResult: ...
    async def consent(self, place: str, message_id: str, *, accept: bool, user: str | None) -> InvokeResult: ...
    async def submit_dialog(
        self,
        dialog_id: str,
        inputs: Mapping[str, Any] | None,
        *,
        title: str | None,
        action: Mapping[str, Any] | None,
    ) -> InvokeResult: ...
    async def close_dialog(self, dialog_id: str) -> None: ...


async def act(client: Client, action: Mapping[str, Any]) -> JSON:
    """Perform an action and return its result, or the reason why it failed."""
    return await answered(_act(client, action))


async def _act(client: Client, action: Mapping[str, Any]) -> JSON:
    user, place = action.get("user"), str(action.get("conversation", "personal"))
    match action["type"]:
        case "say":
            files, images = files_in(action.get("files") or ()), files_in(action.get("images") or ())
            thread, text = action.get("thread") or None, str(action.get("text", ""))
            return {"id": await client.say(place, text, user=user, thread=thread, files=files, images=images)}
        case "stop":
            return {"id": await client.stop_stream(place, user=user)}
        case "install":
            await client.install(place, user=user)
        case "uninstall":
            await client.uninstall(place, user=user)
        case "add_member":
            await client.add_member(place, action["member"], user=user)
        case "remove_member":
            await client.remove_member(place, action["member"], user=user)
        case "submit_dialog" | "close_dialog":
            return await _act_on_dialog(client, action)
        case _:
            return await _act_on_message(client, action, place, user)
    return {}


async def _act_on_message(client: Client, action: Mapping[str, Any], place: str, user: str | None) -> JSON:
    message = str(action.get("message"))
    match action["type"]:
        case "edit":
            await client.edit(place, message, action["text"], user=user)
        case "delete":
            await client.delete_message(place, message, user=user)
        case "undelete":
            await client.undelete(place, message, user=user)
        case "react":
            await client.react(place, message, action["reaction"], user=user, added=action.get("added", True))
        case "click":
            title, which, inputs = action.get("title"), action.get("action"), action.get("inputs")
            return _shown(await client.click(place, message, title, action=which, inputs=inputs, user=user))
        case "choose":
            return _shown(await client.choose(place, message, action["title"], user=user))
        case "feedback":
            comment = str(action.get("comment") or "")
            return _shown(await client.feedback(place, message, action["reaction"], comment, user=user))
        case "consent":
            return _shown(await client.consent(place, message, accept=bool(action["accept"]), user=user))
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _act_on_dialog(client: Client, action: Mapping[str, Any]) -> JSON:
    if action["type"] == "close_dialog":
        await client.close_dialog(action["dialog"])
        return {}
    title, which, inputs = action.get("title"), action.get("action"), action.get("inputs")
    return _shown(await client.submit_dialog(action["dialog"], inputs, title=title, action=which))


def _shown(result: InvokeResult) -> JSON:
    if result.errors:
        raise Refused(result.errors)
    if result.error is not None:
        raise PersonError(result.error)
    shown: JSON = {"status": result.status}
    if result.message is not None:
        shown["message"] = result.message
    if result.dialog is not None:
        shown["dialog"] = result.dialog
    return shown

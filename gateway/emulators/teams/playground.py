"""The playground's actions (see ``gateway.emulators.teams.emulator``), from JSON to what people do."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.emulators.common.acting import Refused, answered, files_in
from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.teams.values import InvokeResult

if TYPE_CHECKING:
    from gateway.emulators.teams.emulator import TeamsEmulator


async def act(emulator: "TeamsEmulator", action: Mapping[str, Any]) -> JSON:
    """Do it; whatever is wrong with it is said in the answer."""
    return await answered(_act(emulator, action))


async def _act(emulator: "TeamsEmulator", action: Mapping[str, Any]) -> JSON:
    user, place = action.get("user"), str(action.get("conversation", "personal"))
    match action["type"]:
        case "say":
            files, images = files_in(action.get("files") or ()), files_in(action.get("images") or ())
            thread, text = action.get("thread") or None, str(action.get("text", ""))
            return {"id": await emulator.say(place, text, user=user, thread=thread, files=files, images=images)}
        case "stop":
            return {"id": await emulator.stop_stream(place, user=user)}
        case "install":
            await emulator.install(place, user=user)
        case "uninstall":
            await emulator.uninstall(place, user=user)
        case "add_member":
            await emulator.add_member(place, action["member"], user=user)
        case "remove_member":
            await emulator.remove_member(place, action["member"], user=user)
        case "submit_dialog" | "close_dialog":
            return await _act_on_dialog(emulator, action)
        case _:
            return await _act_on_message(emulator, action, place, user)
    return {}


async def _act_on_message(emulator: "TeamsEmulator", action: Mapping[str, Any], place: str, user: str | None) -> JSON:
    message = str(action.get("message"))
    match action["type"]:
        case "edit":
            await emulator.edit(place, message, action["text"], user=user)
        case "delete":
            await emulator.delete_message(place, message, user=user)
        case "undelete":
            await emulator.undelete(place, message, user=user)
        case "react":
            await emulator.react(place, message, action["reaction"], user=user, added=action.get("added", True))
        case "click":
            title, which, inputs = action.get("title"), action.get("action"), action.get("inputs")
            return _shown(await emulator.click(place, message, title, action=which, inputs=inputs, user=user))
        case "choose":
            return _shown(await emulator.choose(place, message, action["title"], user=user))
        case "feedback":
            comment = str(action.get("comment") or "")
            return _shown(await emulator.feedback(place, message, action["reaction"], comment, user=user))
        case "consent":
            return _shown(await emulator.consent(place, message, accept=bool(action["accept"]), user=user))
        case other:
            raise PersonError(f"no action {other}")
    return {}


async def _act_on_dialog(emulator: "TeamsEmulator", action: Mapping[str, Any]) -> JSON:
    if action["type"] == "close_dialog":
        await emulator.close_dialog(action["dialog"])
        return {}
    title, which, inputs = action.get("title"), action.get("action"), action.get("inputs")
    return _shown(await emulator.submit_dialog(action["dialog"], inputs, title=title, action=which))


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

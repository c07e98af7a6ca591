"""What people do with a bot's buttons, menus, modals and commands, and what the bot's answers do in Slack's client."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.slack import chat, elements
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.delivery import Deliveries
from gateway.emulators.slack.events import VERIFICATION_TOKEN
from gateway.emulators.slack.state import Channel, Message, User
from gateway.emulators.slack.validate import check_view
from gateway.emulators.slack.values import ApiError, InteractionResult
from gateway.emulators.slack.views import View, Views
from gateway.emulators.slack.world import Team


class Interactions:
    """Sends interactions to the bot and applies its answers."""

    def __init__(self, backend: Backend, views: Views, deliveries: Deliveries) -> None:
        self._backend = backend
        self._views = views
        self._deliveries = deliveries

    async def click(
        self,
        team: Team,
        user: User,
        where: tuple[Channel, Message] | View,
        *,
        action_id: str | None,
        label: str | None,
        block_id: str | None,
        value: Any,
    ) -> InteractionResult:
        """Use an element of a message or of a modal."""
        blocks: list[JSON] = where.wire["blocks"] if isinstance(where, View) else where[1].wire.get("blocks", [])
        wanted = value if isinstance(value, str) else None
        block, element = elements.find(blocks, action_id=action_id, label=label, block_id=block_id, value=wanted)
        action: JSON = {
            "type": element["type"],
            "action_id": element.get("action_id", ""),
            "block_id": block.get("block_id", ""),
            "action_ts": self._backend.world.clock.ts(),
            **elements.used(element, value=value, label=label),
        }
        view_id = where.id if isinstance(where, View) else None
        payload = self._payload(team, user, "block_actions", trigger=True, view_id=view_id)
        payload |= {"actions": [action], "enterprise": payload.get("enterprise")}
        if isinstance(where, View):
            payload |= {"view": where.wire, "container": {"type": "view", "view_id": where.id}}
            where.wire["state"]["values"].setdefault(action["block_id"], {})[action["action_id"]] = {
                k: v for k, v in action.items() if k not in ("action_id", "block_id", "action_ts", "text")
            }
        else:
            channel, message = where
            thread_ts = message.thread_ts
            container: JSON = {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": message.ephemeral_for is not None,
            }
            if thread_ts is not None:
                container["thread_ts"] = thread_ts
            url = self._backend.response_url(team, channel, user.id, ts=message.ts, thread_ts=thread_ts)
            payload |= {
                "container": container,
                "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
                "response_url": url,
                "state": {"values": _state_of(blocks, block, element, action)},
            }
            if message.ephemeral_for is None:
                payload["message"] = message.wire
        return await self._deliveries.interaction("interaction block_actions", payload)

    async def submit(self, view: View, values: Mapping[str, Mapping[str, Any]]) -> InteractionResult:
        """Submit a form. Input that Slack's client itself refuses is reported in ``errors``, with status 0."""
        state, errors = self._state(view, values)
        if errors:
            view.errors = errors
            self._views.changed(view)
            return InteractionResult(0, errors=errors)
        view.wire["state"] = {"values": state}
        payload = self._payload(view.team, self._user(view), "view_submission", trigger=True, view_id=view.id)
        payload |= {"view": view.wire, "response_urls": []}
        result = await self._deliveries.interaction("interaction view_submission", payload)
        if result.error is None:
            self._answered(view, result)
        if result.error is not None:
            view.errors = {"": "We had some trouble connecting. Try again?"}
            self._views.changed(view)
        return result

    async def close_view(self, view: View) -> InteractionResult:
        """Dismiss a modal. The bot is told if the modal asked for ``notify_on_close``."""
        notify, everything = view.wire["notify_on_close"], view.wire["clear_on_close"]
        if everything:
            self._views.clear(view.team, view.user)
        else:
            self._views.close(view)
        if not notify:
            return InteractionResult(200)
        payload = self._payload(view.team, self._user(view), "view_closed", trigger=False)
        payload |= {"view": view.wire, "is_cleared": everything}
        return await self._deliveries.interaction("interaction view_closed", payload)

    async def command(self, team: Team, channel: Channel, user: User, command: str, text: str) -> InteractionResult:
        """Send a slash command and show the bot's answer."""
        if not command.startswith("/"):
            raise PersonError("a command starts with a slash")
        form: JSON = {
            "token": VERIFICATION_TOKEN,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.kind == "im" else channel.name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command,
            "text": text,
            "api_app_id": self._backend.world.app_id,
            "is_enterprise_install": "true" if team.org_wide else "false",
            **({"enterprise_id": team.enterprise} if team.enterprise else {}),
            "response_url": self._backend.response_url(team, channel, user.id),
            "trigger_id": self._backend.trigger(team, user.id),
        }
        result = await self._deliveries.interaction(f"command {command}", {}, form=form)
        body = result.body
        if result.ok and body:
            args: JSON = body if isinstance(body, dict) else {"text": str(body)}
            try:
                shown = chat.content(args)
            except ApiError:
                return result
            chat.answer(self._backend, team, channel, user.id, shown, args, thread_ts=None)
        return result

    def _answered(self, view: View, result: InteractionResult) -> None:
        body = result.body if isinstance(result.body, dict) else {}
        action = body.get("response_action")
        if action is None:
            self._views.close(view)
            return
        try:
            match action:
                case "errors":
                    known = {block.get("block_id") for block in view.wire["blocks"] if block.get("type") == "input"}
                    given = body.get("errors")
                    if not isinstance(given, dict) or not given or not set(given) <= known:
                        raise ApiError("invalid_response_errors")
                    view.errors = result.errors = given
                    self._views.changed(view)
                case "update":
                    self._views.update(view, check_view(body.get("view")))
                case "push":
                    self._views.push(view.team, view.user, check_view(body.get("view")))
                case "clear":
                    self._views.clear(view.team, view.user)
                case _:
                    raise ApiError("invalid_response_action")
        except ApiError as error:
            result.error = str(error)

    def _state(self, view: View, values: Mapping[str, Mapping[str, Any]]) -> tuple[JSON, JSON]:
        state: JSON = {}
        errors: JSON = {}
        known: set[str] = set()
        kept: JSON = view.wire["state"]["values"]
        for block, element in elements.interactive(view.wire["blocks"]):
            block_id, action_id = block["block_id"], element.get("action_id", "")
            known.add(block_id)
            value = elements.initial(element)
            if value is None:
                continue
            if action_id in values.get(block_id, {}):
                given = values[block_id][action_id]
                value = self._uploads(view, given) if element["type"] == "file_input" else None
                value = value or elements.entered(element, given)
            elif action_id in kept.get(block_id, {}):
                value = kept[block_id][action_id]
            if block["type"] == "input":
                complaint = elements.complaint(block, element, value)
                if complaint is not None:
                    errors[block_id] = complaint
            state.setdefault(block_id, {})[action_id] = value
        unknown = set(values) - known
        if unknown:
            raise PersonError(f"the form has no block {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
        return state, errors

    def _uploads(self, view: View, given: Sequence[Any]) -> JSON:
        files: list[JSON] = []
        for upload in given:
            name, data, mime = upload
            file = self._backend.new_file(view.team, view.user, name, mime, data, len(data))
            files.append(file.wire(self._backend.world.base))
        return {"type": "file_input", "files": files}

    def _user(self, view: View) -> User:
        return view.team.users[view.user]

    def _payload(self, team: Team, user: User, kind: str, *, trigger: bool, view_id: str | None = None) -> JSON:
        payload: JSON = {
            "type": kind,
            "team": {"id": team.id, "domain": team.domain},
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
            "api_app_id": self._backend.world.app_id,
            "token": VERIFICATION_TOKEN,
            "is_enterprise_install": team.org_wide,
        }
        if team.enterprise is not None:
            payload["enterprise"] = {"id": team.enterprise, "name": team.enterprise}
        if trigger:
            payload["trigger_id"] = self._backend.trigger(team, user.id, view_id=view_id)
        return payload


def _state_of(blocks: list[JSON], used_block: JSON, used_element: JSON, action: JSON) -> JSON:
    """Return the state of a message's fields, with that of the element just used."""
    values: JSON = {}
    for block, element in elements.interactive(blocks):
        state = elements.initial(element)
        if state is None:
            continue
        if block is used_block and element is used_element:
            state = {k: v for k, v in action.items() if k in state}
        values.setdefault(block.get("block_id", ""), {})[element.get("action_id", "")] = state
    return values

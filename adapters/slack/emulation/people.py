"""What people do in Slack's client: type, upload, edit, delete, react, click, fill in forms, run commands, stop."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack.emulation import chat, directory, elements
from adapters.slack.emulation.backend import Backend
from adapters.slack.emulation.delivery import Deliveries
from adapters.slack.emulation.events import VERIFICATION_TOKEN
from adapters.slack.emulation.state import Channel, Message, Team, User
from adapters.slack.emulation.text import typed
from adapters.slack.emulation.validate import check_view
from adapters.slack.emulation.values import JSON, ApiError, InteractionResult, PersonError
from adapters.slack.emulation.views import View, Views

Upload = tuple[str, bytes, str]
"""Name, content, media type."""
MAX_TYPED = 12_000


class People:
    def __init__(self, backend: Backend, views: Views, deliveries: Deliveries) -> None:
        self._backend = backend
        self._views = views
        self._deliveries = deliveries

    # -- messages

    def post(
        self, team: Team, channel: Channel, user: User, text: str, thread_ts: str | None, files: Sequence[Upload]
    ) -> str:
        if not text.strip() and not files:
            raise PersonError("nothing to send")
        if len(text) > MAX_TYPED:
            raise PersonError(f"a message has at most {MAX_TYPED} characters")
        if user.id not in channel.members:
            raise PersonError(f"{user.name} is not in this channel")
        if thread_ts is not None:
            parent = channel.find(thread_ts)
            if parent is None:
                raise PersonError("no such thread")
            thread_ts = parent.thread_ts or thread_ts
        said, blocks = typed(team, text)
        wire: JSON = {"type": "message", "user": user.id, "text": said, "team": team.id}
        if user.bot_id is not None:
            wire |= {"bot_id": user.bot_id, "app_id": user.app_id}
        else:
            wire["client_msg_id"] = str(uuid.uuid4())
        if blocks:
            wire["blocks"] = blocks
        shared = [self._backend.new_file(team, user.id, n, mime, data, len(data)) for n, data, mime in files]
        if shared:
            base = self._backend.world.base
            wire |= {"subtype": "file_share", "upload": False, "files": [file.wire(base) for file in shared]}
        wire["ts"] = self._backend.world.clock.ts()
        if thread_ts is not None:
            wire["thread_ts"] = thread_ts
        message = Message(wire)
        self._backend.share(channel, message, shared)
        self._backend.post(team, channel, message)
        return message.ts

    def join(self, team: Team, channel: Channel, user: User) -> str:
        """A user (or the bot) joins: ``member_joined_channel`` and a ``channel_join`` message."""
        channel.members.add(user.id)
        kind = "G" if channel.kind == "group" else "C"
        clock = self._backend.world.clock
        event: JSON = {
            "type": "member_joined_channel",
            "user": user.id,
            "channel": channel.id,
            "channel_type": kind,
            "team": team.id,
            "event_ts": clock.ts(),
        }
        if team.bot.id in channel.members:
            self._backend.events.emit(team, event, needs="member_joined_channel")
        text = f"<@{user.id}> has joined the channel"
        wire: JSON = {"type": "message", "subtype": "channel_join", "user": user.id, "text": text, "ts": clock.ts()}
        self._backend.post(team, channel, Message(wire))
        return str(wire["ts"])

    def edit(self, team: Team, channel: Channel, ts: str, text: str) -> None:
        message = self._message(channel, ts)
        if "bot_id" in message.wire:
            raise PersonError("only its author may edit a message")
        previous = dict(message.wire)
        said, blocks = typed(team, text)
        edited = {"user": message.wire["user"], "ts": self._backend.world.clock.ts()}
        message.wire = {**message.wire, "text": said, "blocks": blocks, "edited": edited}
        self._backend.changed(team, channel, message, previous)

    def delete(self, team: Team, channel: Channel, ts: str) -> None:
        self._backend.delete(team, channel, self._message(channel, ts))

    def react(self, team: Team, channel: Channel, ts: str, user: User, name: str, *, added: bool) -> None:
        message = self._message(channel, ts)
        try:
            directory.react(self._backend, team, channel, message, user=user.id, name=name.strip(":"), added=added)
        except ApiError as error:
            raise PersonError(str(error)) from None

    def open_home(self, team: Team, user: User, *, tab: str) -> Channel:
        channel = team.dm(user.id)
        event: JSON = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self._backend.world.clock.ts(),
        }
        home = self._views.homes.get((team.id, user.id))
        if tab == "home" and home is not None:
            event["view"] = home
        self._backend.events.emit(team, event, needs="app_home_opened")
        return channel

    def stop(self, team: Team, channel: Channel, thread_ts: str, user: User) -> None:
        """The native stop button, which is there while the session is processing and the app hears of it."""
        activity = self._backend.activities.get((channel.id, thread_ts))
        if activity is None or activity.session != "processing":
            raise PersonError("nothing to stop: the session is not processing")
        if "agent_session_stopped" not in team.events:
            raise PersonError("the app is not subscribed to agent_session_stopped, so there is no stop button")
        running: list[str] = []
        for ts in (thread_ts, *channel.replies.get(thread_ts, ())):
            message = channel.messages.get(ts)
            if message is not None and self._backend.streaming(message):
                message.stream, message.stopped_by_user = None, True
                running.append(ts)
                self._backend.notice(channel, message)
        event: JSON = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "thread_ts": thread_ts,
            "user": user.id,
            "streaming_message_ts": running,
            "event_ts": self._backend.world.clock.ts(),
        }
        self._backend.events.emit(team, event, needs="agent_session_stopped")

    # -- interactions

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
        payload |= {"actions": [action], "enterprise": None}
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
        """Send a form. What the client itself would refuse comes back in ``errors`` with status 0."""
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
        """Dismiss a modal; the bot hears of it where it asked for ``notify_on_close``."""
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
            "is_enterprise_install": "false",
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

    # -- helpers

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
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": team.id},
            "api_app_id": self._backend.world.app_id,
            "token": VERIFICATION_TOKEN,
            "is_enterprise_install": False,
        }
        if trigger:
            payload["trigger_id"] = self._backend.trigger(team, user.id, view_id=view_id)
        return payload

    @staticmethod
    def _message(channel: Channel, ts: str) -> Message:
        message = channel.messages.get(ts)
        if message is None:
            raise PersonError("no such message")
        return message


def _state_of(blocks: list[JSON], used_block: JSON, used_element: JSON, action: JSON) -> JSON:
    """The state of a message's fields, the one just used included."""
    values: JSON = {}
    for block, element in elements.interactive(blocks):
        state = elements.initial(element)
        if state is None:
            continue
        if block is used_block and element is used_element:
            state = {k: v for k, v in action.items() if k in state}
        values.setdefault(block.get("block_id", ""), {})[element.get("action_id", "")] = state
    return values

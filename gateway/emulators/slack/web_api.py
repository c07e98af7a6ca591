"""Answers ``POST /api/<method>``: tokens, scopes, rate limits, ordered failures, and the table of methods."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.multipart import BodyPartReader

from gateway.emulators.common.faults import Fault, Faults, half_sent
from gateway.emulators.common.values import JSON, Call
from gateway.emulators.slack import agents, chat, directory, files, streams
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.limits import Limits, RateLimited
from gateway.emulators.slack.oauth import OAuth
from gateway.emulators.slack.sockets import SocketHub
from gateway.emulators.slack.values import ApiError
from gateway.emulators.slack.views import Views
from gateway.emulators.slack.world import Team

Handler = Callable[[Backend, Team, JSON], JSON]
"""Answers a Web API method, given its arguments. Raises ``ApiError``."""
MAX_BODY = 1024 * 1024
"""Most bytes of a request's body."""


class Method(NamedTuple):
    """A method of the Web API. Any one of ``scopes`` suffices. ``tier`` 0 means the limit of one post a second and
    channel, None no limit."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    tier: int | None = None


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")


def methods(views: Views) -> dict[str, Method]:
    """Return the table of methods by name."""
    write, react, assist = ("chat:write",), ("reactions:write",), ("assistant:write",)
    return {
        "api.test": Method(directory.api_test, (), 4),
        "auth.test": Method(directory.auth_test),
        "team.info": Method(directory.team_info, (), 3),
        "bots.info": Method(directory.bots_info, ("users:read",), 3),
        "chat.postMessage": Method(chat.post_message, write, 0),
        "chat.postEphemeral": Method(chat.post_ephemeral, write, 4),
        "chat.update": Method(chat.update, write, 3),
        "chat.delete": Method(chat.delete, write, 3),
        "chat.getPermalink": Method(chat.get_permalink, (), 4),
        "chat.startStream": Method(streams.start, write, 2),
        "chat.appendStream": Method(streams.append, write, 4),
        "chat.stopStream": Method(streams.stop, write, 2),
        "agents.sessions.setStatus": Method(agents.sessions_set_status, write, 3),
        "agents.sessions.rename": Method(agents.sessions_rename, write, 3),
        "assistant.threads.setStatus": Method(agents.threads_set_status, write, 4),
        "assistant.threads.setTitle": Method(agents.threads_set_title, assist, 4),
        "assistant.threads.setSuggestedPrompts": Method(agents.threads_set_suggested_prompts, assist, 4),
        "reactions.get": Method(directory.reactions_get, ("reactions:read",), 3),
        "reactions.add": Method(directory.reactions_add, react, 3),
        "reactions.remove": Method(directory.reactions_remove, react, 2),
        "users.info": Method(directory.users_info, ("users:read",), 4),
        "usergroups.users.list": Method(directory.usergroups_users_list, ("usergroups:read",), 2),
        "users.list": Method(directory.users_list, ("users:read",), 2),
        "users.lookupByEmail": Method(directory.users_lookup_by_email, ("users:read.email",), 3),
        "conversations.info": Method(directory.conversations_info, _READ, 3),
        "conversations.list": Method(directory.conversations_list, _READ, 2),
        "conversations.members": Method(directory.conversations_members, _READ, 4),
        "conversations.open": Method(directory.conversations_open, ("im:write", "mpim:write"), 3),
        "conversations.join": Method(directory.conversations_join, ("channels:join", "channels:manage"), 3),
        "conversations.history": Method(directory.conversations_history, _HISTORY, 3),
        "conversations.replies": Method(directory.conversations_replies, _HISTORY, 3),
        "files.getUploadURLExternal": Method(files.get_upload_url, ("files:write",), 4),
        "files.completeUploadExternal": Method(files.complete_upload, ("files:write",), 4),
        "files.info": Method(files.info, ("files:read",), 4),
        "files.delete": Method(files.delete, ("files:write",), 3),
        "views.open": Method(views.views_open, (), 4),
        "views.push": Method(views.views_push, (), 4),
        "views.update": Method(views.views_update, (), 4),
        "views.publish": Method(views.views_publish, (), 4),
    }


class WebApi:
    """Answers the calls of the Web API and records them."""

    def __init__(
        self,
        backend: Backend,
        views: Views,
        faults: Faults,
        *,
        limits: Limits | None,
        sockets: SocketHub,
        oauth: OAuth,
        app_token: str | None,
    ) -> None:
        self._backend = backend
        self._faults = faults
        self._limits = limits
        self._sockets = sockets
        self._oauth = oauth
        self._app_token = app_token
        self._methods = methods(views)
        self._observers = backend.observers
        self._tokens = backend.world.tokens

    async def handle(self, request: web.BaseRequest, name: str) -> web.StreamResponse:
        """Answer one call of a method."""
        started, at = time.perf_counter(), time.time()
        args: JSON = {}
        token = ""
        status, headers, lost = 200, None, False
        fault: Fault | None = None
        try:
            args = await self._arguments(request)
            token = "" if name == "oauth.v2.access" else self._token(request, args)
            if self._faults.armed:
                fault = await self._before(name, args)
            answer = self._oauth.access(request, args) if name == "oauth.v2.access" else self._call(name, token, args)
            if self._faults.armed:
                lost = not await self._after(name, args, fault)
        except RateLimited as error:
            status, answer = 429, error.body
            headers = {"Retry-After": str(error.retry_after)}
        except ApiError as error:
            answer = error.body
        except _Failed as error:
            status, answer, headers, lost = error.status, error.body, error.headers, error.lost
        ms = (time.perf_counter() - started) * 1000
        self._observers.calls.append(Call(name, args, status, None if lost else answer, at, ms))
        self._observers.changed()
        if self._observers.watched:
            shown = None if lost else answer
            self._observers.wire("from_bot", name, status=status, request=args, response=shown, ms=ms, at=at)
        if lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        if name == "auth.test" and answer["ok"]:
            team = self._backend.world.team_of(token, args)
            headers = {"x-oauth-scopes": ",".join(sorted(team.scopes if team is not None else ()))}
        response = web.Response(
            body=orjson.dumps(answer), status=status, headers=headers, content_type="application/json", charset="utf-8"
        )
        return await half_sent(request, response) if fault is not None and fault.half else response

    def _call(self, name: str, token: str, args: JSON) -> JSON:
        if name == "apps.connections.open":
            return self._connections_open(token)
        method = self._methods.get(name)
        if method is None:
            raise ApiError("unknown_method", req_method=name)
        team = self._backend.world.team_of(token, args)
        if team is None:
            if not token and name == "api.test":
                return {"ok": True, "args": args}
            raise ApiError("not_authed" if not token else self._refused(token))
        if method.scopes and team.scopes.isdisjoint(method.scopes):
            raise ApiError("missing_scope", needed=method.scopes[0], provided=",".join(sorted(team.scopes)))
        if self._limits is not None and method.tier is not None:
            if method.tier:
                self._limits.tier(team.id, name, method.tier)
            else:
                self._limits.post(str(args.get("channel")))
        if self._backend.unsupported_blocks:
            _check_supported(args, self._backend.unsupported_blocks)
        return method.handler(self._backend, team, args)

    def _refused(self, token: str) -> str:
        if token == self._app_token:
            return "not_allowed_token_type"
        return self._backend.world.ended.get(token, "invalid_auth")

    def _connections_open(self, token: str) -> JSON:
        if not token:
            raise ApiError("not_authed")
        if token != self._app_token:
            raise ApiError("not_allowed_token_type" if token in self._tokens else "invalid_auth")
        url = self._backend.world.base.replace("http", "ws", 1)
        return {"ok": True, "url": f"{url}/link/?ticket={self._sockets.ticket()}&app_id={self._backend.world.app_id}"}

    @staticmethod
    def _token(request: web.BaseRequest, args: JSON) -> str:
        given = args.pop("token", None)
        header = request.headers.get("Authorization", "")
        return header[7:].strip() if header[:7].lower() == "bearer " else str(given or "")

    @staticmethod
    async def _arguments(request: web.BaseRequest) -> JSON:
        args: JSON = dict(request.query) if request.query_string else {}
        if request.method == "GET":
            return args
        if (request.content_length or 0) > MAX_BODY:
            raise ApiError("request_too_large")
        kind = request.content_type
        if kind == "multipart/form-data":
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name:
                    args[part.name] = await part.text()
            return args
        body = await request.read()
        if kind == "application/json":
            try:
                given = orjson.loads(body) if body else {}
            except orjson.JSONDecodeError:
                raise ApiError("invalid_json") from None
            if not isinstance(given, dict):
                raise ApiError("json_not_object")
            return {**args, **given} if args else given
        if body and kind not in ("application/x-www-form-urlencoded", "application/octet-stream"):
            raise ApiError("invalid_post_type")
        args.update(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        return args

    async def _before(self, name: str, args: Mapping[str, object]) -> Fault | None:
        hold = self._faults.held(name, args)
        if hold is not None and not hold.after_effect and not await hold.passing():
            raise _Failed(499, {"ok": False, "error": "dropped"}, lost=True)
        fault = await self._faults.take(name, args)
        if fault is not None and not fault.after_effect:
            raise _Failed.of(fault)
        return fault

    async def _after(self, name: str, args: Mapping[str, object], fault: Fault | None) -> bool:
        hold = self._faults.held(name, args)
        if hold is not None and hold.after_effect and not await hold.passing():
            return False
        if fault is not None and not fault.half:
            raise _Failed.of(fault)
        return True


def _check_supported(args: JSON, unsupported: Collection[str]) -> None:
    """Refuse a message for block types this workspace does not accept."""
    given = read.structure(args, "blocks", "invalid_blocks_format")
    kinds = [block.get("type") if isinstance(block, dict) else None for block in given] if given else []
    errors = [
        f"unsupported type: {kind} [json-pointer:/blocks/{at}/type]"
        for at, kind in enumerate(kinds)
        if kind in unsupported
    ]
    if errors:
        messages = [f"[ERROR] {error}" for error in errors]
        raise ApiError("invalid_blocks", errors=errors, response_metadata={"messages": messages})


class _Failed(Exception):
    """An ordered failure: the answer to send instead."""

    def __init__(self, status: int, body: JSON, *, retry_after: int | None = None, lost: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.lost = lost
        self.headers = {"Retry-After": str(retry_after)} if retry_after is not None else None

    @classmethod
    def of(cls, fault: Fault) -> "_Failed":
        if fault.status == 0:
            return cls(499, {"ok": False, "error": "connection_lost"}, lost=True)
        error = fault.error
        status = fault.status or (200 if error and fault.retry_after is None else 500)
        if status == 429 or fault.retry_after is not None:
            return cls(429, {"ok": False, "error": error or "ratelimited"}, retry_after=fault.retry_after or 1)
        return cls(status, {"ok": False, "error": error or "internal_error"})

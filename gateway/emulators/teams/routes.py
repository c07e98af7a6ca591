"""The routes of the connector, the login, the keys and the files, and the operation each of them calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from gateway.emulators.common.values import JSON
from gateway.emulators.teams import operations, roster
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.files import MAX_FRAGMENT
from gateway.emulators.teams.keys import Keys
from gateway.emulators.teams.limits import Limits
from gateway.emulators.teams.login import Login
from gateway.emulators.teams.streams import info_of
from gateway.emulators.teams.values import ApiError, bad_argument, bad_syntax
from gateway.emulators.teams.world import Conversation

MAX_BODY = 16 * 1024 * 1024
"""Most bytes of a request's body: an activity with its pictures."""
MAX_FORM = 64 * 1024
"""Most bytes of a form sent to the token endpoint."""


@dataclass(slots=True, frozen=True)
class Answer:
    """The answer to a request. A ``body`` of bytes is sent unchanged, any other as JSON."""

    status: int = 200
    body: Any = None
    mime: str = "application/json"
    headers: Mapping[str, str] | None = None

    def response(self) -> web.Response:
        """Return the HTTP response."""
        if self.body is None:
            return web.Response(status=self.status, headers=self.headers)
        body = self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)
        charset = "utf-8" if self.mime == "application/json" else None
        return web.Response(
            body=body, status=self.status, headers=self.headers, content_type=self.mime, charset=charset
        )


@dataclass(slots=True)
class Request:
    """A call: its name in the record, its arguments, how to answer it, and whether it needs the bot's token."""

    name: str
    args: JSON
    run: Callable[[], Answer]
    protected: bool = True


class Routes:
    """Finds the call that a request makes."""

    def __init__(self, backend: Backend, keys: Keys, login: Login, limits: Limits | None) -> None:
        self._backend = backend
        self._keys = keys
        self._login = login
        self._limits = limits

    async def find(self, request: web.BaseRequest, parts: list[str]) -> Request:
        """Return the call that a request makes, after reading its body. Raises ``ApiError``."""
        method, query = request.method, request.query
        match method, parts:
            case "POST", [tenant, "oauth2", "v2.0", "token"]:
                form = dict(parse_qsl((await _read(request, MAX_FORM)).decode(errors="replace")))
                shown = {**form, "client_secret": "[redacted]"} if "client_secret" in form else dict(form)
                return Request("token", shown, lambda: Answer(body=self._login.token(tenant, form)), protected=False)
            case "GET", ["msi", "token"] | ["metadata", "identity", "oauth2", "token"]:
                given = dict(query), dict(request.headers)
                return Request("managed_identity", given[0], lambda: self._identity(*given), protected=False)
            case "GET", ["v1", ".well-known", "openidconfiguration"]:
                base = self._backend.world.base
                return Request("openid", {}, lambda: Answer(body=self._keys.configuration(base)), protected=False)
            case "GET", ["v1", ".well-known", "keys"]:
                return Request("keys", {}, lambda: Answer(body=self._keys.published()), protected=False)
            case "GET", ["download", secret, _]:
                return Request("download", {}, lambda: self._download(secret), protected=False)
            case "PUT", ["upload", secret]:
                content_range = request.headers.get("Content-Range")
                data = await _read(request, MAX_FRAGMENT)
                fragment: JSON = {"content_range": content_range, "size": len(data)}
                return Request("upload", fragment, lambda: self._upload(secret, content_range, data), protected=False)
            case _, ["amer", tenant, "v3", *rest]:
                return await self._connector(request, method, rest, tenant)
            case _, ["v3", *rest]:
                return await self._connector(request, method, rest, None)
            case _:
                raise ApiError(404, "NotFound", "Not found.")

    async def _connector(self, request: web.BaseRequest, method: str, parts: list[str], tenant: str | None) -> Request:
        query = request.query
        targeted = query.get("isTargetedActivity", "").lower() == "true"
        match method, parts:
            case "POST", ["conversations"]:
                given = await _json(request)
                return Request("create_conversation", given, lambda: self._create(tenant, given))
            case "POST", ["conversations", conversation, "activities", *reply] if len(reply) < 2:
                given = await _json(request)
                reply_to = reply[0] if reply else None
                args = {"conversation": conversation, "reply_to": reply_to, "activity": given}
                name = _send_name(given)
                return Request(name, args, lambda: self._send(tenant, conversation, reply_to, given, targeted))
            case "PUT", ["conversations", conversation, "activities", activity]:
                given = await _json(request)
                args = {"conversation": conversation, "activity_id": activity, "activity": given}
                return Request("update", args, lambda: self._update(tenant, conversation, activity, given, targeted))
            case "DELETE", ["conversations", conversation, "activities", activity]:
                args = {"conversation": conversation, "activity_id": activity}
                return Request("delete", args, lambda: self._delete(tenant, conversation, activity))
            case "PUT" | "DELETE", ["conversations", conversation, "activities", activity, "reactions", reaction]:
                args = {"conversation": conversation, "activity_id": activity, "reaction": reaction}
                name, added = ("add_reaction", True) if method == "PUT" else ("remove_reaction", False)
                return Request(name, args, lambda: self._react(tenant, conversation, activity, reaction, added))
            case "GET", ["conversations", conversation, "members" | "pagedmembers" as which, *member] if (
                len(member) < 2
            ):
                args = {"conversation": conversation, **({"member": member[0]} if member else {})}
                name = "get_member" if member else "get_members" if which == "members" else "paged_members"
                return Request(name, args, lambda: self._members(tenant, conversation, name, member, query))
            case "GET", ["teams", team, *rest] if rest in ([], ["conversations"]):
                name = "team_channels" if rest else "team"
                return Request(name, {"team": team}, lambda: self._team(tenant, team, channels=bool(rest)))
            case "GET", ["attachments", attachment, *rest] if rest in ([], ["views", "original"]):
                args = {"attachment": attachment}
                return Request("get_attachment", args, lambda: self._attachment(attachment, content=bool(rest)))
            case _:
                raise ApiError(404, "NotFound", "Not found.")

    # -- what the routes do

    def _create(self, tenant: str | None, given: JSON) -> Answer:
        if self._limits is not None:
            self._limits.app(tenant or "")
            self._limits.create(tenant or "")
        return Answer(*operations.create(self._backend, tenant, given))

    def _send(self, tenant: str | None, given: str, reply_to: str | None, activity: JSON, targeted: bool) -> Answer:
        conversation, root = self._backend.world.addressed(given, tenant)
        if self._limits is not None:
            self._limits.app(conversation.tenant_id)
            self._limits.send(conversation.id)
            if info_of(activity) is not None:
                self._limits.stream(conversation.id)
        return Answer(
            *operations.send(self._backend, conversation, root, activity, reply_to=reply_to, targeted=targeted)
        )

    def _update(self, tenant: str | None, given: str, activity_id: str, activity: JSON, targeted: bool) -> Answer:
        conversation, _ = self._addressed(given, tenant)
        return Answer(*operations.update(self._backend, conversation, activity_id, activity, targeted=targeted))

    def _delete(self, tenant: str | None, given: str, activity_id: str) -> Answer:
        conversation, _ = self._addressed(given, tenant)
        return Answer(*operations.delete(self._backend, conversation, activity_id))

    def _react(self, tenant: str | None, given: str, activity_id: str, reaction: str, added: bool) -> Answer:
        conversation, _ = self._addressed(given, tenant)
        return Answer(*operations.react(self._backend, conversation, activity_id, reaction, added=added))

    def _members(
        self, tenant: str | None, given: str, name: str, member: list[str], query: Mapping[str, str]
    ) -> Answer:
        conversation, _ = self._addressed(given, tenant)
        if self._limits is not None:
            self._limits.members(conversation.id)
        match name:
            case "get_member":
                return Answer(body=roster.member(self._backend, conversation, member[0]))
            case "get_members":
                return Answer(body=roster.members(self._backend, conversation))
            case _:
                size, token = query.get("pageSize"), query.get("continuationToken")
                return Answer(body=roster.paged(self._backend, conversation, size, token))

    def _team(self, tenant: str | None, team_id: str, *, channels: bool) -> Answer:
        found = roster.team(self._backend, team_id)
        if tenant not in (None, found.tenant_id):
            raise ApiError(403, "NotEnoughPermissions", "The bot isn't authorized for this tenant.")
        return Answer(body=roster.channels(found) if channels else roster.team_details(found))

    def _addressed(self, given: str, tenant: str | None) -> tuple[Conversation, str | None]:
        found = self._backend.world.addressed(given, tenant)
        if self._limits is not None:
            self._limits.app(found[0].tenant_id)
        return found

    def _identity(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        lowered = {name.lower(): value for name, value in headers.items()}
        return Answer(body=self._login.managed_identity(query, lowered))

    def _attachment(self, attachment_id: str, *, content: bool) -> Answer:
        file = self._backend.files.find(attachment_id)
        if file is None:
            raise ApiError(404, "BadArgument", "Attachment not found.")
        if content:
            return Answer(body=file.content, mime=file.mime)
        view = {"viewId": "original", "size": len(file.content or b"")}
        return Answer(body={"name": file.name, "type": file.mime, "views": [view]})

    def _download(self, secret: str) -> Answer:
        file = self._backend.files.download(secret)
        return Answer(body=file.content, mime=file.mime)

    def _upload(self, secret: str, content_range: str | None, data: bytes) -> Answer:
        return Answer(*self._backend.files.upload(secret, content_range, data))


def _send_name(activity: JSON) -> str:
    if info_of(activity) is not None:
        return "stream"
    return "typing" if activity.get("type") == "typing" else "send"


async def _read(request: web.BaseRequest, most: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > most:
            raise ApiError(413, "MessageSizeTooBig", "Message size too large.")
    return bytes(body)


async def _json(request: web.BaseRequest) -> JSON:
    body = await _read(request, MAX_BODY)
    if request.content_type != "application/json":
        raise ApiError(415, "BadArgument", "The content type must be application/json.")
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_syntax("Invalid or missing activity: malformed JSON") from None
    if not isinstance(given, dict):
        raise bad_argument("The body must be an object")
    try:
        orjson.dumps(given)  # what is nested too deeply to be written is refused before anything walks through it
    except TypeError:
        raise bad_syntax("The body is nested too deeply") from None
    return given

"""Answers HTTP requests: checks the token, applies ordered failures and records every call."""

import time
from urllib.parse import unquote

from aiohttp import web

from gateway.emulators.common.faults import Fault, Faults, half_sent
from gateway.emulators.common.values import JSON, Call
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.files import page_headers
from gateway.emulators.teams.login import Login
from gateway.emulators.teams.routes import Answer, Request, Routes
from gateway.emulators.teams.values import ApiError

_UNAUTHORIZED: JSON = {"message": "Authorization has been denied for this request."}
_FAULTS: dict[int, tuple[str, str]] = {
    400: ("BadArgument", "Bad argument."),
    401: ("BotNotRegistered", "No registration found for this bot."),
    403: ("BotNotInConversationRoster", "The bot is not part of the conversation roster."),
    404: ("ConversationNotFound", "Conversation not found."),
    412: ("PreconditionFailed", "Precondition failed, please try again."),
    413: ("MessageSizeTooBig", "Message size too large."),
    429: ("Throttled", "Too many requests."),
    500: ("ServiceError", "Internal server error."),
    501: ("NotImplemented", "The operation is not implemented."),
    502: ("ServiceError", "Service dependency issue."),
}
"""The code and the text of Teams' error body for each status. 503 and 504 have no body."""
_TEXTS = {
    "ActivityNotFoundInConversation": "The specified message does not exist.",
    "BotDisabledByAdmin": "The tenant admin disabled this bot.",
    "ConversationBlockedByUser": "User blocked the conversation with the bot.",
    "ForbiddenOperationException": "Bot isn't installed in user's personal scope.",
    "InvalidBotApiHost": "Invalid bot API host.",
    "MessageWritesBlocked": "Message writes are blocked for this thread.",
    "NotEnoughPermissions": "The bot does not have the permission for this.",
}
"""The texts of codes that are not the usual one of their status."""


class Connector:
    """Answers the requests to the emulator. With ``anonymous`` no token is required, as with a local playground."""

    def __init__(self, backend: Backend, routes: Routes, login: Login, faults: Faults, *, anonymous: bool) -> None:
        self._backend = backend
        self._routes = routes
        self._login = login
        self._faults = faults
        self._anonymous = anonymous
        self._observers = backend.observers

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        started, at = time.perf_counter(), time.time()
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        if parts[:2] == ["playground", "files"]:
            return self._shown(parts).response()
        call: Request | None = None
        fault: Fault | None = None
        lost = False
        try:
            call = await self._routes.find(request, parts)
            fault = await self._before(call) if self._faults.armed else None
            if call.protected and not self._anonymous and not self._login.accepts(request.headers.get("Authorization")):
                raise ApiError(401, None, "", body=_UNAUTHORIZED)
            answer = call.run()
            if self._faults.armed:
                lost = not await self._after(call, fault)
        except ApiError as error:
            answer = Answer(error.status, error.body, headers=error.headers)
        except _Failed as failed:
            answer, lost = failed.answer, failed.lost
        self._record(call, "/".join(parts), None if lost else answer, (time.perf_counter() - started) * 1000, at)
        if lost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=499)
        response = answer.response()
        return await half_sent(request, response) if fault is not None and fault.half else response

    def _shown(self, parts: list[str]) -> Answer:
        file = self._backend.files.find(parts[2]) if len(parts) == 4 else None
        if file is None:
            return Answer(404, b"File not found", "text/plain")
        return Answer(body=file.content, mime=file.mime, headers=page_headers(file.mime))

    # -- ordered failures, the record

    async def _before(self, call: Request) -> Fault | None:
        hold = self._faults.held(call.name, call.args)
        if hold is not None and not hold.after_effect and not await hold.passing():
            raise _Failed(Answer(499), lost=True)
        fault = await self._faults.take(call.name, call.args)
        if fault is not None and not fault.after_effect:
            raise _Failed.of(fault)
        return fault

    async def _after(self, call: Request, fault: Fault | None) -> bool:
        hold = self._faults.held(call.name, call.args)
        if hold is not None and hold.after_effect and not await hold.passing():
            return False
        if fault is not None and not fault.half:
            raise _Failed.of(fault)
        return True

    def _record(self, call: Request | None, path: str, answer: Answer | None, ms: float, at: float) -> None:
        name, args = (call.name, call.args) if call is not None else (f"unknown {path}"[:100], {})
        body = answer.body if answer is not None else None
        if isinstance(body, bytes):
            body = {"size": len(body)}
        elif isinstance(body, list):
            body = {"members": body}
        status = answer.status if answer is not None else 499
        shown = None if answer is None else body or {}
        self._observers.calls.append(Call(name, args, status, shown, at, ms))
        self._observers.changed()
        self._observers.wire("from_bot", name, status=status, request=args, response=body, ms=ms, at=at)


class _Failed(Exception):
    """An ordered failure: the answer to send instead."""

    def __init__(self, answer: Answer, *, lost: bool = False) -> None:
        super().__init__(answer.status)
        self.answer = answer
        self.lost = lost

    @classmethod
    def of(cls, fault: Fault) -> "_Failed":
        if fault.status == 0:
            return cls(Answer(499), lost=True)
        status = fault.status or (429 if fault.retry_after is not None else 500)
        headers = None if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        code, message = _FAULTS.get(status, ("ServiceError", "Unknown"))
        if fault.error is None and status in (503, 504):
            return cls(Answer(status, headers=headers))
        said = _TEXTS.get(fault.error or "", message)
        return cls(Answer(status, {"error": {"code": fault.error or code, "message": said}}, headers=headers))

"""The application below ``/v1``, with its OpenAPI document."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, compile_path

from gateway import __version__
from gateway.errors import GatewayError, RequestRefused, refusal
from gateway.http.api import broadcasts, feedback, messages, steps, threads, users
from gateway.http.api.bounds import BoundedBodies
from gateway.http.api.keys import KeyFirst
from gateway.http.api.parts import ApiParts
from gateway.http.api.paths import SegmentedPaths
from gateway.http.api.shapes import Error
from gateway.http.refusals import as_json
from gateway.runtime.erasure import StillRunning

PREFIX = "/v1"

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Error, "description": text}
    for status, text in (
        (400, "The request does not fit; `where` names the part."),
        (401, "There is no key, or a wrong one."),
        (403, "The key lacks the scope."),
        (404, "There is no such thing."),
        (409, "History is not kept here, or the request contradicts an earlier one."),
        (413, "The body is too large."),
        (415, "The body is no JSON."),
        (429, "There were too many requests; `Retry-After` says when to come back."),
        (503, "The gateway cannot do it now; `Retry-After` says when to come back."),
    )
}


def mounted(parts: ApiParts) -> Mount:
    """Return the API as a route of the gateway's application."""
    mount = Mount(PREFIX, application(parts))
    # Starlette's own pattern leaves out paths with a line break, which would then be answered as no path of the API.
    mount.path_regex = re.compile(f"^{PREFIX}/(?P<path>.*)$", re.DOTALL)
    return mount


def application(parts: ApiParts) -> FastAPI:
    """Return the application, whose paths are those below ``PREFIX``."""
    app = FastAPI(
        title="The bot gateway",
        version=__version__,
        description="Conversations of a bot in Slack, Discord, Teams and ChatKit.",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        responses=_REFUSALS,
    )
    app.state.parts = parts
    app.add_middleware(BoundedBodies)
    app.add_middleware(SegmentedPaths)
    app.add_middleware(KeyFirst, access=parts.access)
    app.add_exception_handler(RequestValidationError, _does_not_fit)
    app.add_exception_handler(HTTPException, _by_starlette)
    app.add_exception_handler(GatewayError, _by_gateway)
    app.add_exception_handler(StillRunning, _still_running)
    for noun in (threads, steps, feedback, users, messages, broadcasts):
        app.include_router(noun.router)

    @app.get("/openapi.json", include_in_schema=False)
    async def document(request: Request) -> JSONResponse:
        # A proxy, or another application, may show the API below a prefix.
        return JSONResponse({**_described(app), "servers": [{"url": request.scope["root_path"]}]})

    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, without the status that FastAPI itself would give to what does not fit. FastAPI
    makes it when it is first asked for, which takes 0.2 s, and keeps it."""
    document = app.openapi()
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


async def _does_not_fit(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        where = _line_of(str(error.body or ""), int(first["loc"][-1]))
        return as_json(RequestRefused(400, f"the body is not JSON: {first['ctx']['error']} in {where}", where=where))
    where = _field_of(first["loc"][1:])
    return as_json(RequestRefused(400, f"{where or 'the body'}: {first['msg']}", where=where or None))


def _line_of(text: str, place: int) -> str:
    """Return where a character of a text is."""
    before = text[:place]
    return f"line {before.count(chr(10)) + 1}, column {place - before.rfind(chr(10))}"


def _field_of(parts: Sequence[int | str]) -> str:
    """Return the part of a request as its author would write it: ``to.users[3]``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


async def _by_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"Allow": ", ".join(sorted(_methods_at(request)))}
    return as_json(RequestRefused(error.status_code, str(error.detail), headers=headers))


def _methods_at(request: Request) -> set[str]:
    """Return the methods that there are at the path of a request, by the OpenAPI document."""
    path = str(request.scope["path"]).removeprefix(request.scope["root_path"])
    documented: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    found = [methods for each, methods in documented.items() if compile_path(each)[0].fullmatch(path)]
    return {method.upper() for methods in found for method in methods} or {"GET"}


async def _by_gateway(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    refused = refusal(error)
    if refused is None:
        raise error
    return as_json(refused)


async def _still_running(_: Request, error: Exception) -> Response:
    return as_json(RequestRefused(503, str(error), headers={"Retry-After": "10"}))

"""The routes of the Node client's API, and its shape of errors."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.errors import RequestRefused
from gateway.http.api.parts import ApiParts, kept_in
from gateway.http.graphql import uploads
from gateway.http.graphql.nodes import PROJECT
from gateway.http.refusals import answering

_BODY = 16 * 1_048_576
"""Bytes of the largest GraphQL request: a hundred steps with long texts."""
_SMALL = 65_536
"""Bytes of the largest request that is not GraphQL and no file."""


def routes(parts: ApiParts) -> list[BaseRoute]:
    """Return the routes below ``/api`` that serve the Literal AI Node client."""

    async def graphql(request: Request) -> Response:
        key = await parts.access.authorize(request, "read")
        body = await _json(request, _BODY)
        # The library takes 0.2 s to read, so the first request brings it in, beside the event loop.
        answers = await asyncio.to_thread(import_module, "gateway.http.graphql.answers")
        answer: Response = await answers.answered(parts, key, body)
        return answer

    async def project(request: Request) -> Response:
        await parts.access.authorize(request, "read")
        return JSONResponse({"projectId": PROJECT})

    async def upload(request: Request) -> Response:
        key = await parts.access.authorize(request, "write")
        kept_in(parts)
        answer = uploads.prepared(parts, request, await _json(request, _SMALL))
        await parts.access.note(key, "upload.prepared")
        return answer

    async def content(request: Request) -> Response:
        return await uploads.received(parts, request)

    return [
        _route("/api/graphql", graphql),
        _route("/api/my-project", project),
        _route(uploads.PATH, upload),
        _route(uploads.RECEIVES, content),
    ]


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(path, answering(endpoint, _refused), methods=["POST"])


def _refused(refused: RequestRefused) -> Response:
    """Render a refusal as GraphQL does: the client reads ``errors`` of whatever is not answered with 200."""
    error: dict[str, Any] = {"message": str(refused)}
    if refused.where is not None:
        error["path"] = [refused.where]
    return JSONResponse({"errors": [error]}, refused.status, headers=refused.headers)


async def _json(request: Request, limit: int) -> Any:
    """Return the JSON of a request. Raises ``RequestRefused``: 413 for more than ``limit`` bytes, 400 for what is no
    JSON, saying where."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RequestRefused(413, f"the body has more than {limit} bytes")
    try:
        return json.loads(body)
    except RecursionError:
        raise RequestRefused(400, "the JSON of the body is too deep") from None
    except ValueError as error:
        raise RequestRefused(400, f"the body is not JSON: {error}") from None

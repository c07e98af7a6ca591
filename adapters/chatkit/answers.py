"""Reads bounded JSON bodies, and answers what is refused in the shape that OpenAI's clients expect."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.bodies import read_body
from adapters.jsons import NotJson, loads
from gateway.errors import Draining, RequestRefused, StoreFailed

M = TypeVar("M", bound=BaseModel)

LEAST_BODY = 1_048_576
"""Bytes of a JSON body that are taken at least, however small webhooks may be."""

Endpoint = Callable[[Request], Awaitable[Response]]

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def answering(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that answers what is refused as ``{"error": {"message", "type", "param", "code"}}``."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RequestRefused as error:
            return refused(error)
        except (Draining, StoreFailed) as error:
            return refused(RequestRefused(503, str(error), headers={"Retry-After": "5"}))

    return answer


def refused(error: RequestRefused) -> Response:
    """Return the answer to a request that is refused."""
    kind = _TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    body = {"error": {"message": str(error), "type": kind, "param": error.where, "code": None}}
    return JSONResponse(body, status_code=error.status, headers=dict(error.headers))


async def read_json(request: Request, *, limit: int) -> dict[str, Any]:
    """Return the JSON object in a request. Raises ``RequestRefused``: 413 for more than ``limit`` bytes, 400 for what
    is no JSON object."""
    declared = request.headers.get("content-length", "").encode("latin-1")
    raw = await read_body(request.receive, declared, limit=max(limit, LEAST_BODY))
    if raw is None:
        raise RequestRefused(413, f"the body has more than {max(limit, LEAST_BODY)} bytes")
    try:
        found = loads(raw)
    except NotJson as error:
        raise RequestRefused(400, f"the body cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise RequestRefused(400, "the body must be a JSON object")
    return cast("dict[str, Any]", found)


def checked(model: type[M], body: object) -> M:
    """Return a body as its model. Raises ``RequestRefused`` (400) that names the first field which does not fit."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RequestRefused(400, f"{where or 'the body'}: {first['msg']}", where=where or None) from None

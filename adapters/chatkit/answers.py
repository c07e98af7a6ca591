"""Reads bounded JSON bodies, and answers what is refused in the shape that OpenAI's clients expect."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.bodies import read_body
from adapters.jsons import NotJson, loads
from gateway.errors import RequestRefused

M = TypeVar("M", bound=BaseModel)

LEAST_BODY = 1_048_576
"""Bytes of a JSON body that are taken at least, however small webhooks may be."""
_JSON = "application/json"


def refused(error: RequestRefused) -> Response:
    """Return the answer to a request that is refused: ``{"error": {"message", "type", "param", "code"}}``."""
    body = {"error": {"message": str(error), "type": error.kind, "param": error.where, "code": None}}
    return JSONResponse(body, status_code=error.status, headers=dict(error.headers))


async def read_json(request: Request, *, limit: int) -> dict[str, Any]:
    """Return the JSON object in a request.

    Raises ``RequestRefused``: 415 for what is stated to be something else, 413 for more than ``limit`` bytes, 400 for
    what is no JSON object.
    """
    mime = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if mime != _JSON and not mime.endswith("+json"):
        raise RequestRefused(415, f"the body has to be JSON: send it with Content-Type: {_JSON}")
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
        where = _field(first["loc"], body)
        raise RequestRefused(400, f"{where or 'the body'}: {first['msg']}", where=where or None) from None


def _field(parts: Sequence[int | str], body: object) -> str:
    """Return where an error is in a body, as its author would write it: without what pydantic puts in between, the
    types of a union's parts."""
    named: list[str] = []
    for number, part in enumerate(parts, 1):
        if isinstance(body, dict) and part in body:
            body = cast("dict[object, object]", body)[part]
        elif isinstance(body, list) and isinstance(part, int):
            body = cast("list[object]", body)[part]
        elif number < len(parts):
            continue
        named.append(str(part))
    return ".".join(named)

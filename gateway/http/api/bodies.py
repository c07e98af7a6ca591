"""Reads the JSON body of a request, within a bound, into the model of what may be asked."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from gateway.errors import RequestRefused

M = TypeVar("M", bound=BaseModel)

LEAST_BODY = 1_048_576
"""Bytes of a body that are taken at least, however small webhooks may be."""


async def read(request: Request, model: type[M], *, limit: int) -> M:
    """Return what a request asks.

    Args:
        request: The request.
        model: What may be asked.
        limit: How many bytes the body may have.

    Raises ``RequestRefused``: 415 for a body that says it is no JSON, 413 for one that is too large, 400 for one that
    is not JSON or does not fit the model, naming where.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestRefused(415, "the body has to be JSON: send it with Content-Type: application/json")
    return _checked(model, _parsed(await _bytes(request, limit)))


async def _bytes(request: Request, limit: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise RequestRefused(413, f"the body has more than {limit} bytes")
    except ClientDisconnect:
        raise RequestRefused(400, "the body ended too soon") from None
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RequestRefused(400, f"the body is not JSON: {error.msg} in {where}", where=where) from None
    except UnicodeDecodeError as error:
        where = f"byte {error.start}"
        raise RequestRefused(400, f"the body is not UTF-8: {where}", where=where) from None
    except (RecursionError, ValueError) as error:
        raise RequestRefused(400, f"the body cannot be read: {error}") from None


def _checked(model: type[M], body: Any) -> M:
    if not isinstance(body, dict):
        raise RequestRefused(400, "the body has to be a JSON object")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = _where(first["loc"])
        raise RequestRefused(400, f"{where or 'the body'}: {first['msg']}", where=where or None) from None


def _where(parts: tuple[int | str, ...]) -> str:
    """Return the part of a body as its author would write it: ``to.users[3]``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text

"""Answers to requests that are refused, in the error shape of the interface they were made to."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.errors import GatewayError, RequestRefused, refusal

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
"""A function that answers a request."""
Renderer: TypeAlias = Callable[[RequestRefused], Response]
"""A function that renders a refused request in the shape that an interface's clients expect."""


def answering(endpoint: Endpoint, render: Renderer | None = None) -> Endpoint:
    """Return an endpoint that does the same and answers what the gateway refuses, instead of raising it.

    Args:
        endpoint: The endpoint, which may raise the errors that ``refusal`` knows.
        render: What renders them; ``as_json`` by default.
    """

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except GatewayError as error:
            refused = refusal(error)
            if refused is None:
                raise
            return (render or as_json)(refused)

    return answered


def as_json(refused: RequestRefused) -> Response:
    """Render a refusal as ``{"error": {"message": ..., "type": ...}}``, with ``where`` for a part of the request that
    is wrong."""
    error: dict[str, Any] = {"message": str(refused), "type": refused.kind}
    if refused.where is not None:
        error["where"] = refused.where
    return JSONResponse({"error": error}, refused.status, headers=refused.headers)

"""Answers to requests that are refused, in the error shape of the interface they were made to."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.errors import Draining, Fenced, GatewayError, RequestRefused, StoreFailed

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
"""A function that answers a request."""
Renderer: TypeAlias = Callable[[RequestRefused], Response]
"""A function that renders a refused request in the shape that an interface's clients expect."""

COME_BACK = 5
"""Seconds after which a client shall try again while the gateway ends or cannot write."""

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


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


def refusal(error: GatewayError) -> RequestRefused | None:
    """Return the refusal that a client is told when a request fails with this error: the error itself, or 503 with
    ``Retry-After`` while the gateway ends or the store cannot commit. None for what is nobody's request."""
    match error:
        case RequestRefused():
            return error
        case Draining():
            return _later("the gateway is shutting down; send the request again")
        case StoreFailed() | Fenced():
            return _later("the gateway cannot store anything now; send the request again later")
        case _:
            return None


def as_json(refused: RequestRefused) -> Response:
    """Render a refusal as ``{"error": {"message": ..., "type": ...}}``, with ``where`` for a part of the request that
    is wrong."""
    error: dict[str, Any] = {"message": str(refused), "type": error_type(refused.status)}
    if refused.where is not None:
        error["where"] = refused.where
    return JSONResponse({"error": error}, refused.status, headers=refused.headers)


def error_type(status: int) -> str:
    """Return the word that stands for an HTTP status in an error, such as ``not_found_error``, for programs."""
    return _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")


def _later(text: str) -> RequestRefused:
    return RequestRefused(503, text, headers={"Retry-After": str(COME_BACK)})

"""The application below ``/v1/chatkit``: whatever it refuses is answered in the shape that OpenAI's clients expect."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from adapters.chatkit.answers import refused
from gateway.errors import GatewayError, RequestRefused, refusal

PREFIX = "/v1/chatkit"


def mounted(routes: Sequence[BaseRoute]) -> Mount:
    """Return the application that serves these routes below ``PREFIX``, as a route of the gateway's."""
    app = Starlette(routes=routes, exception_handlers={HTTPException: _by_starlette, GatewayError: _by_gateway})
    app.router.redirect_slashes = False
    return Mount(PREFIX, app)


async def _by_starlette(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    where = f"{request.method} {request.url.path[:100]}"
    texts = {404: f"there is no {where}", 405: f"there is no {where}: the path takes other methods"}
    text = texts.get(error.status_code, error.detail)
    return refused(RequestRefused(error.status_code, text, headers=error.headers))


async def _by_gateway(_: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    refusing = refusal(error)
    if refusing is None:
        raise error
    return refused(refusing)

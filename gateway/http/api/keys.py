"""Who may use which part of the API: what endpoints depend on."""

from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.openapi.models import APIKey as HeaderScheme
from fastapi.openapi.models import APIKeyIn
from fastapi.openapi.models import HTTPBearer as BearerScheme
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.adapter import ApiAccess, ApiKey
from gateway.errors import GatewayError, refusal
from gateway.http.api.parts import ApiParts, kept_in
from gateway.http.refusals import as_json
from gateway.model import KeyScope
from gateway.telemetry.context import incoming_trace


class KeyFirst:
    """Answers requests without a valid API key before anything else of them is looked at, so that nobody without one
    learns which paths there are, or has bodies read."""

    def __init__(self, app: ASGIApp, access: ApiAccess) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        app = self._app
        if scope["type"] == "http":
            request = Request(scope)
            try:
                request.state.api_key = await self._access.authorize(request, "read")
                incoming_trace.set(request.headers.get("traceparent"))
            except GatewayError as error:
                refused = refusal(error)
                if refused is None:
                    raise
                app = as_json(refused)
        await app(scope, receive, send)


class _Scheme(SecurityBase):
    """A way in which the OpenAPI document says that a key is sent. The key was found by ``KeyFirst``."""

    def __init__(self, name: str, model: HeaderScheme | BearerScheme) -> None:
        self.scheme_name = name
        self.model = model

    async def __call__(self) -> None:
        """Do nothing."""


_BEARER = _Scheme("bearer", BearerScheme(description="`Authorization: Bearer KEY`"))
_HEADER = _Scheme("header", HeaderScheme.model_validate({"name": "x-api-key", "in": APIKeyIn.header}))


async def allowed(
    request: Request,
    scopes: SecurityScopes,
    _bearer: Annotated[None, Depends(_BEARER)],
    _header: Annotated[None, Depends(_HEADER)],
) -> ApiKey:
    """Return the key of a request. Raises ``RequestRefused`` (403) where it lacks a scope that the endpoint needs."""
    key: ApiKey = request.state.api_key
    for scope in scopes.scopes:
        key.require(cast(KeyScope, scope))
    return key


def parts_of(request: Request) -> ApiParts:
    """Return the objects of the API that serves a request."""
    parts: ApiParts = request.app.state.parts
    return parts


def kept(request: Request) -> ApiParts:
    """Return the objects of the API. Raises ``RequestRefused`` (409) where the store keeps no history."""
    return kept_in(parts_of(request))


Parts = Annotated[ApiParts, Depends(parts_of)]
History = Annotated[ApiParts, Depends(kept)]
ReadKey = Annotated[ApiKey, Security(allowed, scopes=["read"])]
WriteKey = Annotated[ApiKey, Security(allowed, scopes=["write"])]
AdminKey = Annotated[ApiKey, Security(allowed, scopes=["admin"])]

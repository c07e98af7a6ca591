"""Verifies that a request comes from Bot Framework: botbuilder's rule, with keys and a cache of the gateway's own.

Theory. botbuilder fetches its keys with ``requests``, on the event loop, and verifies each request anew; what is exact
in it is the rule. So its extractor is given the adapter's keys (``open_id_metadata`` is all it asks), and a token that
passed is cached until it expires: checking the signature costs 0.1 ms, the cache microseconds. Its failures come as a
dozen types of exceptions (a missing header, a wrong algorithm, a torn token): all of them mean the same here. Tokens of
the Bot Framework Emulator and of skills have other issuers, and are not accepted.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import structlog
from botframework.connector.auth import (  # type: ignore[import-untyped]
    AuthenticationConstants,
    VerifyOptions,
)
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor  # type: ignore[import-untyped]

from adapters.teams.keys import SigningKeys
from adapters.teams.limits import CLOCK_SKEW
from gateway.errors import Unavailable

MAX_CACHED = 4_096
"""Tokens that are cached; Teams uses one for many requests."""
_MAX_TOKEN = 16_384
"""Characters of an Authorization header: Bot Framework's have about a thousand."""

log = structlog.get_logger(__name__)


class _Genuine(NamedTuple):
    """A token that passed."""

    service_url: str
    """The service URL the token was issued for."""
    until: float
    """Seconds since the epoch."""


class Verifier:
    """Decides whether an Authorization header is genuine for a service URL and a channel."""

    def __init__(
        self, app_id: str, keys: SigningKeys, metadata_url: str, *, issuer: str, now: Callable[[], float] = time.time
    ) -> None:
        """``issuer`` is who issues genuine tokens in this cloud; ``now`` returns the time by which tokens begin and end
        (epoch seconds)."""
        self._now = now
        self._issuer = issuer
        self._options = options = VerifyOptions(
            issuer=[issuer],
            audience=None,  # ``_is_ours`` compares it with the app id
            clock_tolerance=CLOCK_SKEW,
            ignore_expiration=False,
        )
        self._extractor = JwtTokenExtractor(options, metadata_url, AuthenticationConstants.ALLOWED_SIGNING_ALGORITHMS)
        self._extractor.open_id_metadata = keys
        self._app_id = app_id.lower()
        self._known: OrderedDict[tuple[str, str], _Genuine] = OrderedDict()
        """Verified tokens by their Authorization header and channel."""

    async def believes(self, authorization: str, *, service_url: str | None, channel: str) -> bool:
        """Return whether the header is genuine, and issued for this service URL (None: for any). Raises ``Unavailable``
        while there are no keys to verify with."""
        if not authorization or len(authorization) > _MAX_TOKEN:
            return False
        token = await self._genuine(authorization, channel)
        return token is not None and (service_url is None or _same_place(token.service_url, service_url))

    async def _genuine(self, authorization: str, channel: str) -> _Genuine | None:
        """Return what is known of a token; None if it is none of Bot Framework's."""
        name = (authorization, channel)
        found = self._known.get(name)
        if found is not None and self._now() < found.until:
            self._known.move_to_end(name)
            return found
        claims = await self._claims(authorization, channel)
        if claims is None:
            return None
        found = self._known[name] = _Genuine(_service_url(claims), float(claims["exp"]) + CLOCK_SKEW)
        if len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)
        return found

    async def _claims(self, authorization: str, channel: str) -> dict[str, Any] | None:
        """Return the claims of a genuine token; None for every other."""
        # The library counts by this machine's clock: what it may be wrong by is tolerated there, and looked at below.
        self._options.clock_tolerance = CLOCK_SKEW + round(abs(self._now() - time.time()))
        try:
            identity = await self._extractor.get_identity_from_auth_header(authorization, channel)
        except Unavailable:
            raise
        except Exception as error:
            # Whatever the error is, the request is not proven to be from Bot Framework.
            log.info("teams.token_refused", why=type(error).__name__)
            return None
        claims: dict[str, Any] = identity.claims if identity is not None else {}
        return claims if self._is_ours(claims) and self._is_valid_now(claims) else None

    def _is_ours(self, claims: dict[str, Any]) -> bool:
        """Return whether a token is this cloud's, for this bot, whose id is compared without regard to case. The SDK's
        own check knows the public cloud alone."""
        audience = claims.get("aud")
        return claims.get("iss") == self._issuer and isinstance(audience, str) and audience.lower() == self._app_id

    def _is_valid_now(self, claims: dict[str, Any]) -> bool:
        now, begins, ends = self._now(), claims.get("nbf", 0), claims.get("exp")
        # The library accepts a token without an end; Bot Framework issues none.
        if not isinstance(begins, int | float) or not isinstance(ends, int | float):
            return False
        return begins - CLOCK_SKEW <= now < ends + CLOCK_SKEW


def _service_url(claims: dict[str, Any]) -> str:
    """Return the service URL of a token; the document spells the claim ``serviceUrl``, the service ``serviceurl``."""
    found = claims.get("serviceurl", claims.get("serviceUrl"))
    return found if isinstance(found, str) else ""


def _same_place(one: str, other: str) -> bool:
    """Return whether two service URLs are the same; a slash at the end and the case of the host make no difference."""
    if not one or not other:
        return False
    return one == other or (_place(one) is not None and _place(one) == _place(other))


def _place(url: str) -> tuple[str, str, str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), parts.query

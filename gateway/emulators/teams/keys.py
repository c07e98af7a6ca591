"""The keys Bot Framework signs its requests with, and how a bot learns them: an OpenID document and a key set.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication: issuer
https://api.botframework.com (another one in other clouds), audience the bot's app id, RS256, keys endorsed for the
channels they may speak for.
"""

import functools
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from gateway.emulators.common.values import JSON

TOKEN_SECONDS = 3600
"""Seconds a token of the emulator is valid."""
_REUSED_SECONDS = 1800
ENDORSED = ("msteams", "skypeforbusiness")
"""The channels that a key of the emulator may speak for."""

Forgery = Literal[
    "missing",
    "garbage",
    "scheme",
    "audience",
    "issuer",
    "expired",
    "not_yet",
    "alg_none",
    "hs256",
    "unknown_key",
    "signature",
    "service_url",
    "no_service_url",
    "endorsement",
    "unendorsed",
    "no_key_id",
]
"""What can be wrong with the token of a forged request."""
_WRONG_CLAIMS: dict[str, Callable[[], JSON]] = {
    "audience": lambda: {"aud": secrets.token_hex(16)},
    "issuer": lambda: {"iss": "https://example.com"},
    "expired": lambda: {"nbf": int(time.time()) - 7200, "exp": int(time.time()) - 3600},
    "not_yet": lambda: {"nbf": int(time.time()) + 3600, "exp": int(time.time()) + 7200},
    "service_url": lambda: {"serviceurl": "https://smba.example.com/amer/"},
}


@functools.lru_cache(maxsize=16)
def _private(number: int) -> RSAPrivateKey:
    """Return a private key. Making one takes a tenth of a second, so all emulators of a process share them, under ids
    of their own."""
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True, frozen=True)
class Key:
    """A signing key, and the channels it may speak for."""

    id: str
    private: RSAPrivateKey
    endorsements: tuple[str, ...]

    def public(self) -> JSON:
        """Return the public key as a JSON Web Key."""
        numbers = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        fields = {"kty": "RSA", "use": "sig", "kid": self.id, "x5t": self.id, "n": numbers["n"], "e": numbers["e"]}
        return {**fields, "endorsements": list(self.endorsements)}


class Keys:
    """Signs requests, publishes the keys, and forges tokens for tests."""

    def __init__(self, app_id: str, issuer: str) -> None:
        self._app_id = app_id
        self._issuer = issuer
        self._made = 0
        self._published: list[Key] = []
        self._lacking: list[JSON] = []
        self._tokens: dict[str, tuple[str, float]] = {}

    @property
    def current(self) -> Key:
        """The key that signs at present."""
        if not self._published:
            self._published.append(self._make(ENDORSED))
        return self._published[0]

    def rotate(self, *, keep_old: bool, endorsed: Sequence[str] = ENDORSED) -> str:
        """Sign with a new key from now on and return its id. The old keys stay published only with ``keep_old``."""
        old = [self.current, *self._published[1:]] if keep_old else []
        self._published = [self._make(tuple(endorsed)), *old]
        self._tokens.clear()
        return self.current.id

    def configuration(self, base: str) -> JSON:
        """Return the OpenID document."""
        return {
            "issuer": self._issuer,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{base}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    def published(self) -> JSON:
        """Return the key set.

        One of its keys speaks for another channel only, as some of Bot Framework's do. Keys that lack a field follow
        once something was signed with them.
        """
        keys = [self.current.public(), *(k.public() for k in self._published[1:]), self._webchat.public()]
        return {"keys": keys + self._lacking}

    def authorization(self, service_url: str) -> str:
        """Return the ``Authorization`` header of a genuine request. Many requests share a token, as in Teams."""
        token, until = self._tokens.get(service_url, ("", 0.0))
        if until < time.time():
            token = self.sign(self._claims(service_url))
            self._tokens[service_url] = (token, time.time() + _REUSED_SECONDS)
        return f"Bearer {token}"

    def sign(self, claims: JSON, *, key: Key | None = None, kid: str | None = None) -> str:
        """Return a token with these claims, signed with the present key unless another is given."""
        key = key or self.current
        headers = {"kid": kid or key.id, "x5t": kid or key.id}
        return jwt.encode(claims, key.private, algorithm="RS256", headers=headers)

    def forge(self, how: Forgery, service_url: str) -> str | None:
        """Return an ``Authorization`` header that a bot must refuse, or None for a request without one."""
        claims = self._claims(service_url)
        if how in _WRONG_CLAIMS:
            return f"Bearer {self.sign(claims | _WRONG_CLAIMS[how]())}"
        match how:
            case "missing":
                return None
            case "garbage":
                return "Bearer not.a.token"
            case "scheme":
                return f"Basic {self.sign(claims)}"
            case "alg_none":
                return f"Bearer {jwt.encode(claims, '', algorithm='none', headers={'kid': self.current.id})}"
            case "hs256":
                headers = {"kid": self.current.id}
                return f"Bearer {jwt.encode(claims, secrets.token_bytes(32), algorithm='HS256', headers=headers)}"
            case "unknown_key":
                return f"Bearer {self.sign(claims, key=self._unpublished)}"
            case "signature":
                return f"Bearer {self.sign(claims, key=self._unpublished, kid=self.current.id)}"
            case "endorsement":
                return f"Bearer {self.sign(claims, key=self._webchat)}"
            case "unendorsed":
                return f"Bearer {self.sign(claims, key=self._publish_without('endorsements'))}"
            case "no_key_id":
                return f"Bearer {jwt.encode(claims, self._publish_without('kid').private, algorithm='RS256')}"
            case _:  # no_service_url
                return f"Bearer {self.sign({k: v for k, v in claims.items() if k != 'serviceurl'})}"

    def _claims(self, service_url: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "serviceurl": service_url,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "iss": self._issuer,
            "aud": self._app_id,
        }

    def _publish_without(self, field: str) -> Key:
        """Return a key whose published form lacks a field."""
        key = Key(secrets.token_urlsafe(20), _private(-3), ENDORSED)
        self._lacking.append({name: value for name, value in key.public().items() if name != field})
        return key

    def _make(self, endorsements: tuple[str, ...]) -> Key:
        self._made += 1
        return Key(secrets.token_urlsafe(20), _private(self._made), endorsements)

    @functools.cached_property
    def _webchat(self) -> Key:
        return Key(secrets.token_urlsafe(20), _private(-1), ("webchat",))

    @functools.cached_property
    def _unpublished(self) -> Key:
        return Key(secrets.token_urlsafe(20), _private(-2), ENDORSED)

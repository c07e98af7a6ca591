"""API keys as they are stored: what a key allows and for how long, and a digest by which it is recognized."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

KeyScope: TypeAlias = Literal["read", "write", "admin"]
"""What a key allows: reading, writing as well, or everything."""

API_KEY = "gateway.api_key"
"""The kind of the documents that hold API keys."""
API_KEY_USED = "gateway.api_key.used"
"""The kind of the documents that say when each key was used last: ``at``, in epoch seconds."""

_IMPLIED: Mapping[KeyScope, frozenset[KeyScope]] = {
    "read": frozenset({"read"}),
    "write": frozenset({"read", "write"}),
    "admin": frozenset({"read", "write", "admin"}),
}
ALL_SCOPES: frozenset[KeyScope] = _IMPLIED["admin"]
"""The scopes of a key that may do everything."""

_SECRET_BYTES = 32
_FORM = re.compile(r"gw_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredApiKey:
    """An API key that ``gateway keys create`` made. The key itself is not kept: its digest is a plain SHA-256, which is
    enough for 32 random bytes."""

    id: str
    """The id, which is a part of the key and no secret."""
    name: str
    """What it is for, in the operator's words."""
    scopes: frozenset[KeyScope]
    """The scopes it was given; see ``granted``."""
    digest: str
    created: float
    """When it was made, in epoch seconds."""
    expires: float | None = None
    """From when on it is not valid any more, in epoch seconds; None for never."""
    revoked: float | None = None
    """When it was revoked, in epoch seconds; None if it was not."""

    @classmethod
    def issue(
        cls, *, name: str, scopes: Collection[KeyScope], now: float, expires: float | None = None
    ) -> tuple[str, Self]:
        """Make a new key, and return it beside what is stored of it."""
        id = secrets.token_hex(6)
        key = f"gw_{id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        digest = digest_of(key.encode())
        return key, cls(id=id, name=name, scopes=frozenset(scopes), digest=digest, created=now, expires=expires)

    @property
    def granted(self) -> frozenset[KeyScope]:
        """What it allows: ``write`` allows reading, ``admin`` allows everything."""
        return frozenset[KeyScope]().union(*(_IMPLIED[scope] for scope in self.scopes))

    def is_key(self, given: bytes) -> bool:
        """Return whether this is the key, compared in constant time."""
        return hmac.compare_digest(self.digest, digest_of(given))

    def is_valid(self, now: float) -> bool:
        """Return whether it is neither revoked nor expired at a time in epoch seconds."""
        return self.revoked is None and (self.expires is None or now < self.expires)

    def to_body(self) -> Mapping[str, Any]:
        """Return it as the body of a document."""
        return {
            "name": self.name,
            "scopes": sorted(self.scopes),
            "digest": self.digest,
            "created": self.created,
            "expires": self.expires,
            "revoked": self.revoked,
        }

    @classmethod
    def from_body(cls, id: str, body: Mapping[str, Any]) -> Self:
        """Read it from the body of the document with this id."""
        scopes: frozenset[KeyScope] = frozenset(scope for scope in _IMPLIED if scope in body["scopes"])
        return cls(
            id=id,
            name=body["name"],
            scopes=scopes,
            digest=body["digest"],
            created=body["created"],
            expires=body["expires"],
            revoked=body["revoked"],
        )


def key_id(given: str) -> str | None:
    """Return the id in an API key, None for what has not the form of a key that ``gateway keys create`` made."""
    found = _FORM.fullmatch(given)
    return None if found is None else found[1]


def digest_of(key: bytes) -> str:
    """Return the digest by which a key is recognized, in hexadecimal."""
    return hashlib.sha256(key).hexdigest()

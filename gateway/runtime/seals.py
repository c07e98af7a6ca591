"""Seals: short signatures (HMAC) over values that come back from a client and are not stored.

Every answer may carry feedback buttons, so nothing is stored for them: their token is the message's id and a seal over
the id and the conversation. The signing key is made once and kept in the store.
"""

import base64
import hmac
import re
import secrets
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Self

from gateway.ports import KeyValues

KEY = "seal"
"""The name under which the signing key is kept among the gateway's own values in the store."""
_KEY_BYTES = 32
_NONCE = re.compile(r"[0-9a-f]{16,64}", re.ASCII)
_BYTES = 9
"""Bytes of a seal. Few are enough, because each guess is a click and the token of a button is short."""


class Seals:
    """Makes and checks seals, once the store is open."""

    def __init__(self) -> None:
        self._key: bytes | None = None

    @classmethod
    def with_key(cls, body: Mapping[str, Any] | None) -> Self:
        """Return seals made with the signing key that a store holds under ``KEY``; with a key of their own where it
        holds none."""
        seals = cls()
        seals._key = bytes.fromhex(body["key"]) if body is not None else secrets.token_bytes(_KEY_BYTES)
        return seals

    async def open(self, store: KeyValues) -> None:
        """Read the signing key from the store, or make one and store it. Replicas that start at the same time on an
        empty store get the same one."""
        body = await store.get_value("gateway", KEY)
        if body is None:
            body = await store.add_value("gateway", KEY, {"key": secrets.token_hex(_KEY_BYTES)})
        self._key = bytes.fromhex(body["key"])

    def key(self, purpose: str) -> bytes:
        """Return a key of 32 bytes for one purpose, such as signing links, derived from the signing key: the same after
        a restart and on every machine with this store. Raises ``RuntimeError`` before ``open``."""
        return hmac.digest(self._opened(), f"key for {purpose}".encode(), sha256)

    def proof(self, nonce: str) -> str | None:
        """Return what proves that whoever answers has this store: a signature over a nonce, 64 hexadecimal digits. None
        before ``open``, and for what is no nonce of 16 to 64 hexadecimal digits."""
        if self._key is None or not _NONCE.fullmatch(nonce):
            return None
        return hmac.digest(self.key("proof of who answers"), nonce.encode(), sha256).hex()

    def _opened(self) -> bytes:
        if self._key is None:
            raise RuntimeError("the store is not open")
        return self._key

    def seal(self, *meaning: str) -> str:
        """Return the seal over these words, 12 characters. Raises ``RuntimeError`` before ``open``."""
        words = [word.encode("utf-8", "surrogatepass") for word in meaning]
        text = b"".join(len(word).to_bytes(4) + word for word in words)
        return base64.urlsafe_b64encode(hmac.digest(self._opened(), text, sha256)[:_BYTES]).decode()

    def fits(self, seal: str, *meaning: str) -> bool:
        """Whether ``seal`` is the seal over these words."""
        return hmac.compare_digest(seal.encode("utf-8", "replace"), self.seal(*meaning).encode())

    def write_rating(self, conversation: str, message: str) -> str:
        """Return the token of the feedback buttons under the message with this id."""
        return f"{message}.{self.seal('rating', conversation, message)}"

    def read_rating(self, conversation: str, token: str) -> str | None:
        """Return the message id in the token of a feedback button, None if the token was not made by this gateway for
        this conversation."""
        message, _, seal = token.rpartition(".")
        return message if self.fits(seal, "rating", conversation, message) else None

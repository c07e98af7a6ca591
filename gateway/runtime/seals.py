"""Seals: short marks that only this gateway can make, for what comes back from a client and is kept nowhere.

Thumbs stand under every answer, so nothing is stored for them: they carry the message's id and a seal over it and its
conversation. The key is made once and kept in the store.
"""

import base64
import hmac
import secrets
from hashlib import sha256

from gateway.ports import KeyValues

KEY = "seal"
"""The name of the gateway's own value that holds the key."""
_KEY_BYTES = 32
_BYTES = 9
"""Of a seal: a button has little room, and each guess is a click."""


class Seals:
    """Makes and checks them, once the store is open."""

    def __init__(self) -> None:
        self._key: bytes | None = None

    async def open(self, store: KeyValues) -> None:
        """Read the key, or make it."""
        body = await store.get_value("gateway", KEY)
        if body is None:
            body = {"key": secrets.token_hex(_KEY_BYTES)}
            await store.put_value("gateway", KEY, body)
        self._key = bytes.fromhex(body["key"])

    def seal(self, *meaning: str) -> str:
        """The seal over these words: 12 characters."""
        if self._key is None:
            raise RuntimeError("the store is not open")
        words = [word.encode("utf-8", "surrogatepass") for word in meaning]
        text = b"".join(len(word).to_bytes(4) + word for word in words)
        return base64.urlsafe_b64encode(hmac.digest(self._key, text, sha256)[:_BYTES]).decode()

    def fits(self, seal: str, *meaning: str) -> bool:
        """Whether it is the seal over these words."""
        return hmac.compare_digest(seal.encode("utf-8", "replace"), self.seal(*meaning).encode())

    def write_rating(self, conversation: str, message: str) -> str:
        """What thumbs under this message carry."""
        return f"{message}.{self.seal('rating', conversation, message)}"

    def read_rating(self, conversation: str, token: str) -> str | None:
        """The id of the message, None for thumbs that are not ours or of another conversation."""
        message, _, seal = token.rpartition(".")
        return message if self.fits(seal, "rating", conversation, message) else None

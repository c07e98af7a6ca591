"""Encrypts small secrets that the store keeps, with keys from the environment that can be replaced one by one.

Each text is encrypted with the first key (Fernet: AES-128 in CBC mode with an HMAC, see the documentation of
``cryptography``) and decrypted with any of them.
"""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gateway.errors import SettingsError, Undecryptable

SETTING = "GATEWAY_ENCRYPTION_KEYS"
"""The setting that names the keys."""
_KEY_BYTES = 32


class KeyedCipher:
    """Encrypts and decrypts texts with keys of the operator. Implements ``gateway.adapter.Cipher``."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys, each 32 bytes in URL-safe base64; the first one encrypts. Raises ``SettingsError`` for a text
        that is no such key, and where there is none."""
        if not keys:
            raise SettingsError(f"{SETTING} is empty: `gateway keys new-encryption-key` prints a key for it")
        made = [_key(each, number) for number, each in enumerate(keys, 1)]
        self._first = made[0]
        self._all = MultiFernet(made)

    def encrypt(self, text: str) -> str:
        """Return a text encrypted with the first key."""
        return self._first.encrypt(text.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        """Return what ``encrypt`` was given. Raises ``Undecryptable`` where none of the keys fits, or the text was
        changed."""
        try:
            return self._all.decrypt(encrypted.encode()).decode()
        except (InvalidToken, ValueError):
            raise Undecryptable(
                f"none of the keys in {SETTING} decrypts it: put the key that it was encrypted with back, behind the "
                "new one"
            ) from None

    def is_current(self, encrypted: str) -> bool:
        """Return whether a text was encrypted with the first key."""
        try:
            self._first.decrypt(encrypted.encode())
        except (InvalidToken, ValueError):
            return False
        return True


def new_key() -> str:
    """Return a new random key."""
    return Fernet.generate_key().decode()


def _key(text: str, number: int) -> Fernet:
    try:
        if len(urlsafe_b64decode(text.encode("ascii"))) == _KEY_BYTES:
            return Fernet(text)
    except (ValueError, binascii.Error):
        pass
    raise SettingsError(
        f"{SETTING}: key {number} is not {_KEY_BYTES} bytes in URL-safe base64; `gateway keys new-encryption-key` "
        "prints one"
    )

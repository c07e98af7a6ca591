"""Signs links to files: whoever has the link gets the file, until the link expires."""

import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

LONGEST = 7 * 86_400.0
"""Seconds for which a link works at most, which is as long as a file is held."""

LinkState = Literal["good", "expired", "incomplete", "foreign"]
"""What a link is: one of ours that works, one of ours that does not any more, cut off, or signed by somebody else."""


class FileLinks:
    """Makes and checks links to what lies below ``/files/``."""

    def __init__(self, *, key: Callable[[], bytes], public_url: str | None) -> None:
        """Make links with the address of this gateway.

        Args:
            key: Returns the signing key, the same on every machine and after a restart.
            public_url: The address at which people reach the gateway; None when it is not known, so that no link can
                be made.
        """
        self._key = key
        self._public_url = public_url

    def lead_to(self, public_url: str) -> None:
        """Make links with this address from now on."""
        self._public_url = public_url

    def url(self, path: str, *, seconds: float) -> str | None:
        """Return a link that works for so many seconds, ``LONGEST`` at most; None when the gateway's own address is not
        known.

        Args:
            path: What is linked, below ``/files/``, not quoted.
            seconds: How long the link works.
        """
        if self._public_url is None:
            return None
        until = int(time.time() + min(seconds, LONGEST))
        address = f"{self._public_url.rstrip('/')}/files/{quote(path)}"
        return f"{address}?until={until}&signature={self._signature(path, until)}"

    def state(self, path: str, *, until: str, signature: str) -> LinkState:
        """Return what a link with these parameters is. The path is as in ``url``."""
        if not (until.isascii() and until.isdigit() and len(until) < 16 and signature.isascii()):
            return "incomplete"
        if not hmac.compare_digest(signature, self._signature(path, int(until))):
            return "foreign"
        return "good" if time.time() <= int(until) else "expired"

    def digest(self, *words: str) -> str:
        """Return 32 hexadecimal digits that stand for these words, and that only this gateway can work out."""
        meaning = "/".join(words).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(meaning, digest_size=16, key=self._key()).hexdigest()

    def _signature(self, path: str, until: int) -> str:
        meaning = f"{path}/{until}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key(), meaning, hashlib.sha256).hexdigest()

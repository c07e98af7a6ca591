"""The state of an installation that has begun: random, bound to the browser it began in, valid once, for ten minutes.

Nothing is stored when somebody begins: the state itself carries a random number and its end, signed together with what
the browser holds in a cookie. Only a state that was used is noted, so that it cannot be used again.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import NamedTuple

from gateway.adapter import DocumentStore
from gateway.model import Document

VALID = 600
"""Seconds for which a state is valid."""
_USED = "slack.install_state"
"""The kind of the documents that note the states that were used."""
_NONCE = 16
_TIME = 8
_PAGE = 100


class Begun(NamedTuple):
    """What an installation begins with."""

    state: str
    """What Slack hands back."""
    browser: str
    """What the browser keeps in a cookie."""


class InstallStates:
    """Gives out states, and checks those that come back."""

    def __init__(self, secret: str, documents: DocumentStore, *, now: Callable[[], float]) -> None:
        """``secret`` is the app's client secret, of which the key of the signatures is made; ``now`` returns the time
        in seconds since the epoch."""
        self._key = hmac.digest(secret.encode(), b"gateway: the state of a Slack installation", "sha256")
        self._documents = documents
        self._now = now

    def begin(self) -> Begun:
        """Return a new state and what binds it to the browser."""
        browser = secrets.token_urlsafe(24)
        ends = int(self._now()) + VALID
        told = secrets.token_bytes(_NONCE) + ends.to_bytes(_TIME, "big")
        return Begun(urlsafe_b64encode(told + self._signature(told, browser)).decode(), browser)

    async def use(self, state: str, browser: str) -> str | None:
        """Return None for a state that is good, which is used up by that; else what is wrong with it, for the person.
        Raises ``StoreFailed``."""
        try:
            raw = urlsafe_b64decode(state.encode("ascii"))
        except ValueError:
            raw = b""
        told, signature = raw[: _NONCE + _TIME], raw[_NONCE + _TIME :]
        if not browser or not hmac.compare_digest(signature, self._signature(told, browser)):
            return "This installation was not begun in this browser, or too long ago."
        if int.from_bytes(told[_NONCE:], "big") < self._now():
            return "This installation was begun more than ten minutes ago."
        await self._clean()
        ends = int.from_bytes(told[_NONCE:], "big")
        id = hashlib.sha256(told).hexdigest()
        if not await self._documents.add_document(Document(kind=_USED, id=id, body={"ends": ends})):
            return "This installation was completed, or tried, already."
        return None

    def _signature(self, told: bytes, browser: str) -> bytes:
        return hmac.digest(self._key, told + browser.encode(), "sha256")

    async def _clean(self) -> None:
        """Delete the notes of states that are not valid any more."""
        noted = await self._documents.list_documents(_USED, limit=_PAGE)
        ended = [each.id for each in noted if float(each.body.get("ends") or 0) < self._now()]
        if ended:
            await self._documents.delete_documents(_USED, ended)

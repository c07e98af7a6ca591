"""Recognises a request that is repeated under its idempotency key, so that it is carried out once."""

import hashlib
import json
from typing import Any

from gateway.errors import RequestRefused
from gateway.model import Document
from gateway.ports import Documents
from gateway.ports.documents import REQUEST

KEY_LIMIT = 255
"""Characters an idempotency key may have."""
KEY_HEADER = "Idempotency-Key"
"""The header of a request that has its key."""


class IdempotencyKeys:
    """The idempotency keys that were used lately. A key counts for the requester that it came with. Implements
    ``gateway.adapter.IdempotencyKeys``."""

    def __init__(self, store: Documents) -> None:
        self._store = store

    async def find(self, requester: str, key: str, digest: str) -> str | None:
        """Return the id of what the request with this key made; None where the key was not used yet.

        Args:
            requester: Who asks: the id of an API key, or a person.
            key: The idempotency key.
            digest: What tells the request from others, such as ``digest_of`` it.

        Raises ``RequestRefused``: 400 for a key that is too long or empty, 409 when the key was used for another
        request.
        """
        if not 0 < len(key) <= KEY_LIMIT:
            raise RequestRefused(400, f"an idempotency key has 1 to {KEY_LIMIT} characters", where=KEY_HEADER)
        document = await self._store.get_document(REQUEST, _id(requester, key))
        if document is None:
            return None
        if document.body["digest"] != digest:
            raise RequestRefused(409, "this idempotency key was used with another request", where=KEY_HEADER)
        return str(document.body["made"])

    async def claim(self, requester: str, key: str, digest: str, made: str) -> str:
        """Note what the request with this key makes, and return its id: ``made``, or that of a request that came at the
        same time and was first. The arguments and errors are those of ``find``."""
        if await self._store.add_document(self.document(requester, key, digest, made)):
            return made
        return await self.find(requester, key, digest) or made

    def document(self, requester: str, key: str, digest: str, made: str) -> Document:
        """Return the document that notes what the request with this key makes, for whoever stores it together with
        that."""
        return Document(kind=REQUEST, id=_id(requester, key), body={"digest": digest, "made": made})


def digest_of(*parts: Any) -> str:
    """Return a digest of a request, by which it is told from others. ``parts`` are JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _id(requester: str, key: str) -> str:
    return hashlib.sha256(f"{requester}\n{key}".encode("utf-8", "backslashreplace")).hexdigest()

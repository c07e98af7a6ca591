"""Recognises requests that are repeated under their ``Idempotency-Key``, so that what they ask for is done once."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakValueDictionary

from pydantic import BaseModel
from starlette.requests import Request

from adapters.chatkit.ids import PLATFORM, person
from adapters.jsons import dump
from gateway.adapter import Cluster, DocumentStore, IdempotencyKeys
from gateway.errors import RequestRefused
from gateway.model import Document

PATIENCE = 20.0
"""Seconds that a request waits for one under the same key on another replica; one that died is gone by then."""
ASK_EVERY = 0.05
"""Seconds between two looks whether that one has ended."""


class Made(NamedTuple):
    """What the first request under a key made."""

    seed: str
    """What the ids of all that it made are derived from."""
    position: str
    """The id of the thread's last event before it (see ``ThreadLogs.position``)."""
    item: str
    """The id of the person's message that it is about; empty where there is none."""


class Attempt:
    """A request: the first under its key, or a repeated one. A request without a key is always the first."""

    def __init__(
        self, documents: DocumentStore, note: Callable[[Made], Document] | None = None, made: Made | None = None
    ) -> None:
        self.made = made
        """What an earlier request under the same key made; None where there was none."""
        self.seed = secrets.token_hex(16) if made is None else made.seed
        """What the ids of all that the request makes are derived from."""
        self._documents = documents
        self._note = note
        self._noted: list[Document] = []

    def notes(self, *, position: str = "", item: str = "") -> Sequence[Document]:
        """Return what has to be stored in one transaction with what the request makes, so that it is recognised when it
        is repeated. The arguments are fields of ``Made``."""
        if self._note is not None:
            self._noted = [self._note(Made(self.seed, position, item))]
        return self._noted

    async def forget(self) -> None:
        """Forget the request, because nothing comes of it: repeated it is the first again."""
        for each in self._noted:
            await self._documents.delete_documents(each.kind, [each.id])


class Repeats:
    """The idempotency keys of ChatKit's clients. A key counts for the user of the session that it came with."""

    def __init__(self, keys: IdempotencyKeys, documents: DocumentStore, cluster: Cluster | None = None) -> None:
        self._keys = keys
        self._documents = documents
        self._cluster = cluster
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def attempt(self, request: Request, user: str, wish: BaseModel) -> AsyncGenerator[Attempt]:
        """Do inside a block what a request asks for; requests under the same key wait for one another, on whichever
        replicas they are.

        Raises ``RequestRefused``: 400 for a key that is too long or empty, 409 for one that came with another request,
        503 where another replica does not end what it does under the key.
        """
        key, whose = request.headers.get("idempotency-key"), person(user).key
        if key is None:
            yield Attempt(self._documents)
            return
        digest = hashlib.sha256(dump(wish.model_dump(mode="json"))).hexdigest()

        def note(made: Made) -> Document:
            return replace(self._keys.document(whose, key, digest, " ".join(made)), person=whose)

        async with self._alone(whose, key):
            known = await self._keys.find(whose, key, digest)
            yield Attempt(self._documents, note, None if known is None else Made(*known.split(" ")))

    @asynccontextmanager
    async def _alone(self, whose: str, key: str) -> AsyncGenerator[None]:
        """Let no other request under this key, on any replica, into the block."""
        async with self._locks.setdefault((whose, key), asyncio.Lock()):
            if self._cluster is None or not self._cluster.shared:
                yield
                return
            name = f"{whose}\n{key}".encode("utf-8", "replace")
            part = f"{PLATFORM}.request.{hashlib.sha256(name).hexdigest()}"
            await _lead(self._cluster, part)
            try:
                yield
            finally:
                await self._cluster.step_down(part)


async def _lead(cluster: Cluster, part: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await cluster.lead(part):
        if time.monotonic() > deadline:
            text = "the same request is being carried out: send it again later"
            raise RequestRefused(503, text, headers={"Retry-After": "5"})
        await asyncio.sleep(ASK_EVERY)

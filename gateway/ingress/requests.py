"""Carries out what administrators ask of the running gateway, on the command line, through the database."""

import asyncio

import structlog

from gateway.errors import Fenced, StoreFailed
from gateway.ports import AdminRequest, Cluster, Rights
from gateway.runtime.erasure import Erasure

log = structlog.get_logger(__name__)

PART = "requests"
"""The name of what one replica does."""
LOOK_EVERY = 1.0
"""Seconds between two looks for requests."""


class Requests:
    """Looks for requests and carries them out, one after another. Of several replicas one does; where it dies on the
    way, the next one does it again, which goes on where it was."""

    def __init__(self, store: Rights, erasure: Erasure, cluster: Cluster) -> None:
        self._store = store
        self._erasure = erasure
        self._cluster = cluster

    async def run(self) -> None:
        """Carry out requests until the task is cancelled."""
        while True:
            try:
                if await self._cluster.lead(PART):
                    for request in await self._store.requests():
                        await self._carry_out(request)
            except (Fenced, StoreFailed):
                pass  # which the store has logged, and ``/readyz`` reports; it is tried again
            except Exception:
                # A request must not end this loop: others are to be carried out.
                log.exception("requests.failed")
            await asyncio.sleep(LOOK_EVERY)

    async def _carry_out(self, request: AdminRequest) -> None:
        if request.kind != "erase":
            log.warning("request.unknown", kind=request.kind)
            await self._store.answer_request(request.id, {"error": f"this gateway cannot {request.kind}: upgrade it"})
            return
        await self._store.answer_request(request.id, {"state": "begun"}, done=False)
        try:
            result = (await self._erasure.erase(request.argument)).to_json()
        except Exception as error:
            # Told to whoever asked; asked again it goes on where it was.
            log.exception("erasure.failed")
            result = {"error": f"{type(error).__name__}: {error}"}
        await self._store.answer_request(request.id, result)

"""The first page: platforms, the inbox, what runs here, replicas, limits and the data layer."""

import asyncio

from starlette.responses import Response

from gateway.http.admin.call import UNREADABLE, Call, attempted


async def overview(call: Call) -> Response:
    """Return the page. Where the store cannot be read it says so, and shows the rest."""
    parts = call.parts
    size, replicas, layer = await asyncio.gather(
        attempted(parts.store.inbox_size()),
        attempted(parts.store.replicas()),
        _nothing() if parts.layer is None else attempted(parts.layer()),
    )
    work = parts.work()
    now = parts.cluster.now()
    return call.page(
        "overview.html",
        here="overview",
        platforms=parts.platforms(),
        problem=UNREADABLE if size is None else None,
        size=size,
        age=None if size is None or size.oldest is None else now - size.oldest,
        running=sum(each.state == "runs" for each in work) + sum(each.beside for each in work),
        asking=sum(each.state == "asks" for each in work),
        pausing=sum(each.state == "pauses" for each in work),
        waiting=sum(each.waiting for each in work),
        sessions=len(parts.sessions),
        replicas=replicas or (),
        limits=parts.limits.shown(),
        has_layer=parts.layer is not None,
        layer=layer,
        recent=parts.recent.newest(limit=10),
    )


async def _nothing() -> None:
    """Return None: there is nothing to read."""

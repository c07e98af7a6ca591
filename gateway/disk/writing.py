"""Opens new files for writing without holding up the event loop, and closes them whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.disk.private import create
from gateway.disk.threads import in_thread


@asynccontextmanager
async def created(path: Path) -> AsyncGenerator[BinaryIO]:
    """Hold a new file open for the time of a block, as ``create`` makes it. Write to it in a thread. Who is cancelled
    while the file is being opened or closed is so once it is closed: what is removed then stays removed. Raises
    ``OSError``."""
    opening = asyncio.ensure_future(in_thread(create, path))
    try:
        out = await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait({opening})
        if not opening.cancelled() and opening.exception() is None:
            opening.result().close()
        raise
    try:
        yield out
    finally:
        closing = asyncio.ensure_future(in_thread(out.close))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait({closing})
            if not closing.cancelled():
                closing.exception()  # whoever is cancelled does not hear of it
            raise

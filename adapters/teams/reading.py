"""Reads an HTTP answer up to a limit, however long it claims or turns out to be."""

import aiohttp


async def bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body, cut at ``limit`` bytes. Raises what aiohttp raises."""
    raw = bytearray()
    while len(raw) < limit and not response.content.at_eof():
        raw += await response.content.readany()
    return bytes(raw[:limit])

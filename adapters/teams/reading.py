"""Answers read up to a bound, however long they claim or turn out to be."""

import aiohttp


async def bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, cut at ``limit`` bytes. Raises what aiohttp raises."""
    raw = bytearray()
    while len(raw) < limit and not response.content.at_eof():
        raw += await response.content.readany()
    return bytes(raw[:limit])

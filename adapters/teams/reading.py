"""Answers read up to a bound, however long they claim or turn out to be."""

import aiohttp


async def bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, cut at ``limit`` bytes. Raises what aiohttp raises."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) >= limit:
            return bytes(raw[:limit])
    return bytes(raw)

"""Answers read up to a bound, however long they claim or turn out to be."""

from typing import Any

import aiohttp
import orjson


async def bounded(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, cut at ``limit`` bytes. Raises what aiohttp raises."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) >= limit:
            return bytes(raw[:limit])
    return bytes(raw)


def object_in(raw: bytes) -> dict[str, Any]:
    """The JSON object; an empty one if it is none."""
    try:
        found = orjson.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

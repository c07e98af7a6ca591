"""``fetch``: reads an address that a person or a model named, safely."""

from gateway.fetching import Fetched
from gateway.runtime.context import require_turn


async def fetch(url: str, *, max_mb: float = 10, timeout: float = 10) -> Fetched:
    """Fetch an address that a person or a model named. Unlike a client of one's own it reaches nothing that only the
    bot's machine can reach: no private or local addresses, whatever a name resolves to and wherever a redirect leads.
    Hosts in ``GATEWAY_FETCH_ALLOW`` are asked all the same.

    Args:
        url: The address, http or https.
        max_mb: Megabytes (1,000,000 bytes) it may have at most.
        timeout: Seconds for all of it, redirects included.

    Returns:
        What was there: ``url`` (after redirects), ``mime`` and ``data``.

    Raises:
        Forbidden: It leads to what is not public.
        Rejected: It is no address, or the server refuses it.
        Gone: There is nothing.
        TooLarge: It has more than ``max_mb``.
        Unavailable: The server cannot be reached, is too slow, or fails.
    """
    return await require_turn().services.fetcher.fetch(url, limit=int(max_mb * 1_000_000), seconds=timeout)

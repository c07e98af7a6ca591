"""Reads threads back from the data layer."""

from gateway.model import ThreadDict
from gateway.outbox.bounded import bounded
from gateway.outbox.layer import LayerSource


class LayerThreads:
    """Implements ``gateway.ports.Threads`` on the data layer that the bot registered.

    Args:
        source: Gives the layer.
        timeout: Seconds that reading a thread may take.
    """

    def __init__(self, source: LayerSource, *, timeout: float) -> None:
        self._source = source
        self._timeout = timeout

    async def thread(self, id: str, *, limit: int, characters: int) -> ThreadDict | None:
        """Return a thread with its newest steps, as far as they are delivered; None where the layer has none. Raises
        what the layer raises, and ``TimeoutError``."""
        layer = await self._source.get()
        found: ThreadDict | None = await bounded(layer.get_thread(id), self._timeout)
        if found is None:
            return None
        steps = list(found.get("steps") or ())[-limit:]
        start = len(steps)
        while start > 0:
            step = steps[start - 1]
            characters -= len(step.get("input") or "") + len(step.get("output") or "")
            if characters < 0 and start < len(steps):
                break
            start -= 1
        return {**found, "steps": steps[start:]}

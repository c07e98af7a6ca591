"""Counts the requests of the last minute."""

import math
import time
from collections import OrderedDict, deque

MINUTE = 60.0
_CLIENTS = 20_000
"""Clients whose requests are counted at the same time; of more, those that were quiet for longest are forgotten."""


class RequestRates:
    """The times of each client's requests within the last minute, in memory."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, client: str, limit: int) -> int | None:
        """Count a request, unless ``limit`` were made within the last minute.

        Returns None for a request that was counted, else the seconds to wait, 1 to 60.
        """
        now = time.monotonic()
        times = self._times.setdefault(client, deque())
        self._times.move_to_end(client)
        if len(self._times) > _CLIENTS:
            self._times.popitem(last=False)
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= limit:
            return min(60, max(1, math.ceil(times[0] + MINUTE - now)))
        times.append(now)
        return None

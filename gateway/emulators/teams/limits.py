"""Teams' rate limits: per bot and conversation, and per app and tenant.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit gives the operations allowed in a number of
seconds. Streams have a limit of their own, one request a second (.../bots/streaming-ux).
"""

import math
import time
from collections import OrderedDict, deque

from gateway.emulators.teams.values import ApiError

SEND = CREATE = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))
"""Limits of messages per conversation, and of new conversations per tenant (Teams' page on rate limits)."""
MEMBERS = ((1.0, 14), (2.0, 16), (30.0, 120), (3600.0, 3600))
"""Limits of the roster's operations per conversation (Teams' page on rate limits)."""
APP = ((1.0, 30),)
"""Limit of all operations per app and tenant (Teams' page on rate limits)."""
STREAM = ((1.0, 1),)
"""Limit of streaming requests per conversation (Teams' page on streaming)."""
_MAX_KEYS = 5_000

Windows = tuple[tuple[float, int], ...]
"""Rate limits: for each window its seconds and the operations allowed in it."""


class Limits:
    """Counts operations. One over a limit raises ``ApiError`` with status 429."""

    def __init__(self) -> None:
        self._log: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def app(self, tenant_id: str) -> None:
        """Count an operation of the app in a tenant."""
        self._take(("app", tenant_id), APP, "Throttled", "Too many requests.")

    def send(self, conversation_id: str) -> None:
        """Count a message to a conversation."""
        self._take(("send", conversation_id), SEND, "Throttled", "Too many requests.")

    def create(self, tenant_id: str) -> None:
        """Count the creation of a conversation."""
        self._take(("create", tenant_id), CREATE, "Throttled", "Too many requests.")

    def members(self, conversation_id: str) -> None:
        """Count a request to a conversation's roster."""
        self._take(("members", conversation_id), MEMBERS, "Throttled", "Too many requests.")

    def stream(self, conversation_id: str) -> None:
        """Count a streaming request to a conversation."""
        self._take(("stream", conversation_id), STREAM, None, "API calls quota exceeded")

    def _take(self, key: tuple[str, str], windows: Windows, code: str | None, message: str) -> None:
        """Count an operation. Raises ``ApiError`` with status 429, without counting, when a window is full."""
        now = time.monotonic()
        log = self._log.setdefault(key, deque(maxlen=max(most for _, most in windows)))
        for seconds, most in windows:
            if len(log) >= most and now - log[-most] < seconds:
                raise ApiError(429, code, message, retry_after=math.ceil(seconds - (now - log[-most])))
        log.append(now)
        self._log.move_to_end(key)
        if len(self._log) > _MAX_KEYS:
            self._log.popitem(last=False)

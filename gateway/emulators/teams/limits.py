"""Teams' rate limits: per bot and conversation, and per app and tenant.

https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit: allowed operations in so many seconds.
Streams have a limit of their own, one request a second (.../bots/streaming-ux).
"""

import math
import time
from collections import OrderedDict, deque

from gateway.emulators.teams.values import ApiError

SEND = CREATE = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))
MEMBERS = ((1.0, 14), (2.0, 16), (30.0, 120), (3600.0, 3600))
APP = ((1.0, 30),)
STREAM = ((1.0, 1),)
_MAX_KEYS = 5_000

Windows = tuple[tuple[float, int], ...]


class Limits:
    def __init__(self) -> None:
        self._log: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def app(self, tenant_id: str) -> None:
        self._take(("app", tenant_id), APP, "Throttled", "Too many requests.")

    def send(self, conversation_id: str) -> None:
        self._take(("send", conversation_id), SEND, "Throttled", "Too many requests.")

    def create(self, tenant_id: str) -> None:
        self._take(("create", tenant_id), CREATE, "Throttled", "Too many requests.")

    def members(self, conversation_id: str) -> None:
        self._take(("members", conversation_id), MEMBERS, "Throttled", "Too many requests.")

    def stream(self, conversation_id: str) -> None:
        self._take(("stream", conversation_id), STREAM, None, "API calls quota exceeded")

    def _take(self, key: tuple[str, str], windows: Windows, code: str | None, message: str) -> None:
        """Count an operation. Raises 429 without counting where a window is full."""
        now = time.monotonic()
        log = self._log.setdefault(key, deque(maxlen=max(most for _, most in windows)))
        for seconds, most in windows:
            if len(log) >= most and now - log[-most] < seconds:
                raise ApiError(429, code, message, retry_after=math.ceil(seconds - (now - log[-most])))
        log.append(now)
        self._log.move_to_end(key)
        if len(self._log) > _MAX_KEYS:
            self._log.popitem(last=False)

"""Tells people, privately and seldom, that they are not let in or that a limit is reached."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from gateway.egress import Sender
from gateway.errors import Fenced, PlatformError, SettingsError, Unsupported
from gateway.model import CommandInvoked, Event, MessageCreated

log = structlog.get_logger(__name__)

AGAIN_AFTER = 3_600.0
"""Seconds after which a person is told again in the same conversation that they are not let in."""
LIMIT = 10_000
"""Number of people and conversations remembered; beyond it the one told longest ago is told again."""
AT_ONCE = 20
"""Refusals being told at the same time; further ones are not told, so that a flood of people costs no flood of
calls."""
WITHIN = 10.0
"""Seconds that telling one person may take."""


class Refusals:
    """Tells refusals: one to each person in each conversation in a while, and none to the public."""

    def __init__(self, sender: Sender, spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]) -> None:
        self._sender = sender
        self._spawn = spawn
        self._told: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        """Until when nobody is told again, by why, person and conversation."""
        self._telling = 0

    def is_due(self, event: Event, why: str, *, again_after: float = AGAIN_AFTER) -> bool:
        """Return whether the person was not told yet why this is refused, and note that they are told now."""
        key, now = (why, event.user.key, event.ref.key), time.monotonic()
        if self._told.get(key, 0.0) > now:
            return False
        self._told[key] = now + again_after
        self._told.move_to_end(key)
        while len(self._told) > LIMIT:
            self._told.popitem(last=False)
        return True

    def tell(self, event: Event, text: str) -> None:
        """Tell the person who wrote to the bot, in the background. Of edits, reactions and what was not meant for the
        bot nobody is told anything."""
        speaks = isinstance(event, CommandInvoked) or (isinstance(event, MessageCreated) and event.addressed)
        if speaks and self._telling < AT_ONCE:
            self._telling += 1
            self._spawn(self._tell(event, text))

    async def _tell(self, event: Event, text: str) -> None:
        try:
            async with asyncio.timeout(WITHIN):
                await self._sender.tell_privately(event.ref, event.user, text)
        except (PlatformError, SettingsError, Unsupported, Fenced, TimeoutError) as error:
            log.info("refusal.untold", conversation=event.ref.key, error=str(error) or type(error).__name__)
        finally:
            self._telling -= 1

"""Breaks off the turns of a conversation that shall go on later, or on another replica, with their journals."""

import asyncio

import structlog

from gateway.ingress.queue import ConversationQueue
from gateway.ports import Inbox
from gateway.runtime.persistence import retry_until_stored

log = structlog.get_logger(__name__)

CANCEL_WITHIN = 5.0
"""Seconds that cancelled turns get to end."""


async def break_off(queue: ConversationQueue, inbox: Inbox) -> bool:
    """Cancel the turns of a conversation, which are not done: they run again later. Returns whether all of them have
    ended.

    Args:
        queue: The conversation's queue.
        inbox: Where it is noted that the turns were not interrupted.
    """
    keys = [*queue.side, *((queue.current.key,) if queue.current is not None else ())]
    lease = queue.lease
    if tasks := queue.lose_all():
        _, running = await asyncio.wait(tasks, timeout=CANCEL_WITHIN)
        if running:
            return False
    for key in keys:
        if lease is not None:
            await retry_until_stored(lambda key=key: inbox.pause(lease, key))  # type: ignore[misc]
    log.info("conversation.broken_off", conversation=queue.key, turns=len(keys))
    return True

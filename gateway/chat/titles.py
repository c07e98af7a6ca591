"""Titles of conversations: the bot's own, by ``@on_thread_title`` or ``context.set_title``. Without one, the history
names a conversation after its first message (``gateway.runtime.history.suggest_title``)."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from gateway.chat.registry import Handler
from gateway.errors import Gone, PlatformError, Unsupported
from gateway.model import ThreadNamed
from gateway.model.text import title_of
from gateway.runtime.calling import call
from gateway.runtime.history import TITLE, TITLE_OF
from gateway.runtime.session import OWN
from gateway.runtime.turn import Turn, close_streams, finish_live

if TYPE_CHECKING:
    from gateway.chat.message import Message

log = structlog.get_logger(__name__)

NAMED = f"{OWN}named"
"""The session's value that says that the bot gave the conversation a title, or was asked for one."""
WITHIN = 30.0
"""Seconds that ``@on_thread_title`` and the platform have together. The next message of the conversation waits."""


def keep_title(turn: Turn, title: str) -> str | None:
    """Make this the title that the history keeps, and return it as it is kept; None for a title without words, which
    changes nothing."""
    kept = title_of(title)
    if kept is None:
        return None
    values = turn.session.values
    values[TITLE], values[NAMED] = kept, True
    values.pop(TITLE_OF, None)
    if turn.services.history.on:
        turn.transcript.name(ThreadNamed(turn.thread_id, kept))
    return kept


async def ask_for_title(turn: Turn, message: "Message", hook: Handler | None) -> None:
    """Ask the bot for the conversation's title, unless it has one of the bot's own or the bot was asked before; keep it
    and show it where the platform has titles. Whatever fails is logged: the conversation keeps the title it has.

    Args:
        turn: The turn whose handler has ended.
        message: The person's message that it handled.
        hook: The bot's ``on_thread_title``; None where it has none.
    """
    if hook is None or turn.stopping or NAMED in turn.session.values:
        return
    await close_streams(turn)  # nobody waits for the end of an answer because of a title
    await finish_live(turn)
    turn.typing.pause()
    turn.session.values[NAMED] = True
    clock = asyncio.timeout(WITHIN)
    try:
        async with clock:
            title = keep_title(turn, await _title(hook, message))
            if title is not None and turn.journal.claimed():
                # Discord would open a thread for the title of a bot that said nothing.
                await turn.sender.set_title(turn.ref, title)
    except (Gone, Unsupported):
        return  # the platform shows no titles here
    except PlatformError as error:
        log.warning("thread_title.not_shown", thread=turn.thread_id, error=str(error))
    except Exception as error:
        # The hook is the bot's own code, and what the person asked for is answered already.
        if turn.cancelled or turn.stopping:
            raise
        late = TimeoutError(f"it took more than {WITHIN:g} seconds") if clock.expired() else None
        log.error("thread_title.failed", thread=turn.thread_id, exc_info=late or error)


async def _title(hook: Handler, message: "Message") -> str:
    """Return the title that the bot gives; without words for none."""
    title = await call(hook, message)
    if title is None or isinstance(title, str):
        return title or ""
    log.warning("thread_title.ignored", got=type(title).__name__, fix="return a str, or None")
    return ""

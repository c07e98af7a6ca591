"""The name a message is shown under: its own author, as the bot's ``@author_rename`` has it."""

import inspect

from gateway.model.text import drop_lone_surrogates
from gateway.runtime.calling import call
from gateway.runtime.turn import Turn

BOT = "Chatbot"
"""The name ``@author_rename`` is given for a message without an author, as in Chainlit's documents."""


async def shown_author(turn: Turn, author: str | None) -> str | None:
    """Return the name to show instead of the bot's own, None for the bot's own name.

    Args:
        turn: The turn that sends the message.
        author: The message's own author, if it has one.
    """
    rename = turn.services.author_rename()
    if rename is None:
        return drop_lone_surrogates(author) if author else None
    renamed = str(await call(rename, author or BOT) or "")
    return None if not author and renamed == BOT else drop_lone_surrogates(renamed) or None


def shown_step(turn: Turn, name: str) -> str:
    """Return the name to show for a step. An async ``@author_rename`` is not asked: a step is drawn while code runs
    that awaits nothing.

    Args:
        turn: The turn the step belongs to.
        name: The step's own name.
    """
    rename = turn.services.author_rename()
    return name if rename is None or inspect.iscoroutinefunction(rename) else str(rename(name) or name)

"""What a conversation gets back when its session is loaded again: its thread, and what was said in it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import cast

from gateway.chat import transcript
from gateway.chat.message import ROLES, MessageType
from gateway.chat.registry import Handler
from gateway.chat.session import visible
from gateway.chat.user import current_user
from gateway.model import StepDict, ThreadDict
from gateway.runtime.calling import call
from gateway.runtime.history import TITLE
from gateway.runtime.threads import read_thread
from gateway.runtime.turn import Turn


async def resume(turn: Turn, hook: Handler | None) -> None:
    """Restore ``chat_context`` from the history where the session lost it, and call ``on_chat_resume`` with the thread.

    Args:
        turn: The turn that loaded the session.
        hook: The bot's ``on_chat_resume``; None where it has none.
    """
    lost = not transcript.is_known(turn)
    if hook is None and not lost:
        return
    kept = await read_thread(turn.services.threads, turn.thread_id)
    if kept is not None and lost:
        _restore(turn, kept["steps"])
    if hook is not None:
        if kept is not None and turn.services.contents is not None:
            await turn.services.contents.sign(kept["elements"] or ())
        await call(hook, _thread(turn, kept))


def _restore(turn: Turn, steps: Iterable[StepDict]) -> None:
    """Take what was said in the conversation from its kept steps."""
    types: Mapping[str, MessageType] = {type: type for type in ROLES}
    for step in steps:
        id, type = step.get("id"), types.get(step.get("type") or "")
        if id and type is not None:
            text, author = step.get("output") or "", step.get("name")
            transcript.note(turn, ROLES[type], id, text, author, _seconds(step.get("createdAt")))


def _seconds(text: str | None) -> float:
    """Return a kept time in seconds since the epoch; 0 for what is no time."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else 0.0
    except ValueError:
        return 0.0


def _thread(turn: Turn, kept: ThreadDict | None) -> ThreadDict:
    """Return the conversation as it is kept, with the session's own values over the metadata of the kept thread."""
    user = current_user(turn)
    thread: ThreadDict = {
        "id": turn.thread_id,
        "createdAt": datetime.fromtimestamp(turn.session.started_at, UTC).isoformat(),
        "name": turn.session.values.get(TITLE),
        "userId": user.identifier,
        "userIdentifier": user.identifier,
        "tags": [],
        "metadata": {},
        "steps": [],
        "elements": [],
    }
    if kept is not None:
        thread |= cast(ThreadDict, {name: value for name, value in kept.items() if value is not None})
    thread["metadata"] = {**(thread["metadata"] or {}), **visible(turn.session.values)}
    return thread

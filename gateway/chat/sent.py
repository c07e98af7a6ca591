"""The records of messages with buttons, kept beyond their turn, so that a later turn can take a button off them.

The same record says whether a click is valid: only a button that is there now, in this conversation and under that
very message, does anything. A button that is taken away is taken from the record before it is taken from the platform.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.model import ActionInvoked, FromBytes, FromUrl, Outgoing, Receipt, from_json, to_json
from gateway.runtime.context import require_turn
from gateway.runtime.turn import Turn

_UPLOADED = FromBytes(data=b"")
"""The source of a file that was uploaded before: an edit that keeps the message's files needs no bytes."""


def _key(turn: Turn, message_id: str) -> str:
    return f"m:{turn.ref.key}:{message_id}"


async def _recall(turn: Turn, message_id: str) -> Mapping[str, Any] | None:
    """Return the record of a message of this conversation; None where there is none."""
    store = turn.services.store
    body = await store.get_message(_key(turn, message_id))
    if body is None:
        body = await store.get_message(f"m:{message_id}")  # written before the key named the conversation
        if body is not None and any(from_json(Receipt, each).to != turn.ref for each in body["receipts"]):
            return None
    return body


async def has_button(turn: Turn, event: ActionInvoked, message_id: str) -> bool:
    """Return whether the clicked button, or the menu with the picked option, is under the message with this id now."""
    body = await _recall(turn, message_id)
    if body is None:
        return False
    under = event.message_id is None or any(each["id"] == event.message_id for each in body["receipts"])
    message = body["message"]
    controls = [*message.get("buttons", ()), *(each for menu in message.get("menus", ()) for each in menu["options"])]
    return (under or body.get("doubtful", False)) and any(each["token"] == event.token for each in controls)


async def button_ids(turn: Turn, message_id: str) -> frozenset[str]:
    """Return the ids of the actions whose buttons are under the message now."""
    body = await _recall(turn, message_id)
    return frozenset(body["actions"]) if body is not None else frozenset()


async def remember(
    turn: Turn,
    message_id: str,
    message: Outgoing,
    receipts: tuple[Receipt, ...],
    ids: list[str],
    *,
    doubtful: bool = False,
) -> None:
    """Store what a message looks like on the platform.

    ``ids`` are the ids of the actions, in the order of the buttons; ``doubtful`` says that another copy of the message
    may be there (``Posting.doubtful``). The contents of uploaded files are not kept.
    """
    files = tuple(
        each if isinstance(each.source, FromUrl) else replace(each, source=_UPLOADED) for each in message.files
    )
    body: Mapping[str, Any] = {
        "message": to_json(replace(message, files=files)),
        "receipts": [to_json(receipt) for receipt in receipts],
        "actions": ids,
        "doubtful": doubtful,
    }
    await turn.services.store.put_message(_key(turn, message_id), body)


async def forget_buttons(turn: Turn, message_id: str) -> None:
    """Make every button of the message do nothing from now on, whatever a client still shows."""
    gone: Mapping[str, Any] = {"message": to_json(Outgoing()), "receipts": [], "actions": []}
    await turn.services.store.put_message(_key(turn, message_id), gone)


async def remove_buttons(message_id: str, *, only: str | None = None) -> None:
    """Take the button with the id ``only`` (by default all) off a message sent in this or an earlier turn."""
    turn = require_turn()
    body = await _recall(turn, message_id)
    if body is None or not body["receipts"]:
        return
    message = from_json(Outgoing, body["message"])
    kept = [
        (button, id)
        for button, id in zip(message.buttons, body["actions"], strict=True)
        if only is not None and id != only
    ]
    message = replace(message, buttons=tuple(button for button, _ in kept), keeps_files=True)
    receipts = tuple(from_json(Receipt, receipt) for receipt in body["receipts"])
    ids = [id for _, id in kept]
    doubtful = bool(body.get("doubtful"))
    await remember(turn, message_id, message, receipts, ids, doubtful=doubtful)
    now = await turn.sender.put(turn.ref, message, key=_key(turn, message_id), existing=receipts)
    if now != receipts:
        await remember(turn, message_id, message, now, ids, doubtful=doubtful)

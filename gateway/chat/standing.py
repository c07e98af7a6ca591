"""Messages with buttons, remembered beyond their turn, so that a later turn can take a button off them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.model import FromBytes, FromUrl, Outgoing, Receipt, from_json, to_json
from gateway.runtime.context import require_turn
from gateway.runtime.turn import Turn

_STANDS = FromBytes(data=b"")
"""The source of a file that stands on the platform: an edit that keeps its files asks for no bytes."""


def _key(message_id: str) -> str:
    return f"m:{message_id}"


async def remember(
    turn: Turn, message_id: str, message: Outgoing, receipts: tuple[Receipt, ...], ids: list[str]
) -> None:
    """Keep what stands on the platform. ``ids`` are the actions' ids, in the order of the buttons. Of uploaded files
    only that they are there is kept, not what is in them."""
    files = tuple(each if isinstance(each.source, FromUrl) else replace(each, source=_STANDS) for each in message.files)
    body: Mapping[str, Any] = {
        "message": to_json(replace(message, files=files)),
        "receipts": [to_json(receipt) for receipt in receipts],
        "actions": ids,
    }
    await turn.services.store.put_payload(_key(message_id), body)


def _platform_key(turn: Turn, message_id: str) -> str:
    return f"p:{turn.ref.key}:{message_id}"


async def remember_owner(turn: Turn, message_id: str, receipts: tuple[Receipt, ...]) -> None:
    """Keep which message these platform messages belong to, for thumbs that only know one of the latter."""
    for receipt in receipts:
        await turn.services.store.put_payload(_platform_key(turn, receipt.id), {"message": message_id})


async def owner(turn: Turn, platform_id: str | None) -> str:
    """The id of the message a platform message belongs to; the platform's own where it was not remembered."""
    body = await turn.services.store.get_payload(_platform_key(turn, platform_id)) if platform_id else None
    return str(body["message"]) if body is not None else platform_id or ""


async def remove_buttons(message_id: str, *, only: str | None = None) -> None:
    """Take one button (or all) off a message sent in this or an earlier turn."""
    turn = require_turn()
    body = await turn.services.store.get_payload(_key(message_id))
    if body is None:
        return
    message = from_json(Outgoing, body["message"])
    kept = [
        (button, id)
        for button, id in zip(message.buttons, body["actions"], strict=True)
        if only is not None and id != only
    ]
    message = replace(message, buttons=tuple(button for button, _ in kept), keeps_files=True)
    receipts = tuple(from_json(Receipt, receipt) for receipt in body["receipts"])
    receipts = await turn.sender.put(turn.ref, message, key=_key(message_id), existing=receipts)
    await remember(turn, message_id, message, receipts, [id for _, id in kept])

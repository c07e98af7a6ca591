"""Which message of the bot a message on the platform belongs to, for thumbs and reactions that name only the latter."""

from gateway.model import ConversationRef, Receipt
from gateway.ports import MessageRecords


def _key(ref: ConversationRef, platform_id: str) -> str:
    return f"p:{ref.key}:{platform_id}"


async def remember_owner(
    store: MessageRecords, ref: ConversationRef, message_id: str, receipts: tuple[Receipt, ...]
) -> None:
    """Store which message the platform's messages belong to."""
    for receipt in receipts:
        await store.put_message(_key(ref, receipt.id), {"message": message_id})


async def owner(store: MessageRecords, ref: ConversationRef, platform_id: str | None) -> str | None:
    """Return the id of the message that a platform's message belongs to; None where no record names it."""
    body = await store.get_message(_key(ref, platform_id)) if platform_id else None
    return str(body["message"]) if body is not None else None

"""Which conversation a message of the bot belongs to, for events that name only the channel and the message (a reaction
in a Slack thread)."""

from collections.abc import Iterable

from gateway.model import ConversationRef, Receipt, from_json, to_json
from gateway.ports import MessageRecords


def _key(ref: ConversationRef, message_id: str) -> str:
    return f"w:{ref.platform}:{ref.workspace}:{ref.channel}:{message_id}"


async def remember_conversation(store: MessageRecords, ref: ConversationRef, receipts: Iterable[Receipt]) -> None:
    """Store that the messages of these receipts belong to a conversation."""
    for receipt in receipts:
        await store.put_message(_key(ref, receipt.id), {"ref": to_json(ref)})


async def conversation_of(store: MessageRecords, ref: ConversationRef, message_id: str) -> ConversationRef | None:
    """Return the conversation that a message in the channel of ``ref`` belongs to; None where no record says so."""
    body = await store.get_message(_key(ref, message_id))
    return None if body is None else from_json(ConversationRef, body["ref"])

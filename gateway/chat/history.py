"""What was said in the conversation: ``cl.chat_context`` for models, ``cl.history`` with the platform's own messages.

The newest messages of both sides are kept with the session, so they outlive a restart and end with the conversation.
"""

from collections.abc import Mapping
from typing import TypedDict

from gateway.chat import transcript
from gateway.chat.message import ROLES, Message, MessageType
from gateway.chat.transcript import Role
from gateway.errors import Unsupported
from gateway.model import HistoryMessage
from gateway.runtime.context import require_turn

_TYPES: Mapping[Role, MessageType] = {role: type for type, role in ROLES.items()}


class ChatMessage(TypedDict):
    """A message in the format of OpenAI's chat API."""

    role: Role
    content: str


class ChatContext:
    """What both sides said in this conversation, oldest first: the newest 100 messages, 50,000 characters in all.
    Outside of a handler every use raises ``RuntimeError``."""

    def get(self) -> list[Message]:
        """Return the messages, as ``Message`` objects of their own: changing one changes nothing on the platform."""
        return [
            Message(
                content=each.text,
                author=each.author,
                type=_TYPES[each.role],
                id=each.id,
                created_at=each.at,
            )
            for each in transcript.read(require_turn())
        ]

    def to_openai(self) -> list[ChatMessage]:
        """Return the messages in the format of OpenAI's chat API, each with ``role`` and ``content``."""
        return [ChatMessage(role=each.role, content=each.text) for each in transcript.read(require_turn())]

    def add(self, message: Message) -> Message:
        """Add a message that was said elsewhere; one of the same id is replaced.

        Args:
            message: The message; it is not sent.

        Returns:
            The message.
        """
        turn = require_turn()
        transcript.note(turn, ROLES[message.type], message.id, message.content, message.author)
        return message

    def remove(self, message: Message) -> bool:
        """Take a message out of the context; on the platform it stays.

        Args:
            message: The message.

        Returns:
            Whether it was there.
        """
        return transcript.drop(require_turn(), message.id)

    def clear(self) -> None:
        """Forget all messages of the context; on the platform they stay."""
        transcript.clear(require_turn())


chat_context = ChatContext()


async def history(limit: int = 30) -> list[HistoryMessage]:
    """Return the newest messages of the conversation, oldest first.

    They are read from the platform where it lets a bot do so (Slack, Discord), also what was said before the bot came.
    Elsewhere (Teams) they are what the gateway keeps of the conversation (see ``chat_context``).

    Args:
        limit: How many messages at most, 1 to 100.

    Raises:
        PlatformError: The platform did not answer, retries included.
        RuntimeError: There is no conversation here.
    """
    turn = require_turn()
    limit = min(max(1, limit), 100)
    try:
        return list(await turn.sender.history(turn.ref, limit))
    except Unsupported:
        kept = transcript.read(turn)[-limit:]
    return [
        HistoryMessage(id=each.id, author=each.author or "", is_bot=each.role != "user", text=each.text, at=each.at)
        for each in kept
    ]

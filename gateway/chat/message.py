"""Messages: what a bot sends, streams, updates and removes, and what a user wrote."""

import json
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Literal, Self

from gateway.chat import kept, sent, transcript
from gateway.chat.actions import Action
from gateway.chat.author import BOT, shown_author
from gateway.chat.elements.base import Element
from gateway.chat.elements.keeping import keep_all
from gateway.chat.elements.rendered import Rendered, compose
from gateway.chat.text import lines_ended, message_text, split_half
from gateway.errors import Unsupported
from gateway.markdown.code import fenced
from gateway.model import AllowedMentions, Button, Citation, Outgoing, StepDict, StepRecord
from gateway.model.text import drop_lone_surrogates
from gateway.runtime import tokens
from gateway.runtime.context import current_turn, require_turn
from gateway.runtime.owners import remember_owner
from gateway.runtime.posting import Posting
from gateway.runtime.tokens import ActionToken
from gateway.runtime.turn import Turn

_NOBODY = AllowedMentions()

MessageType = Literal["assistant_message", "user_message", "system_message"]

ROLES: Mapping[MessageType, transcript.Role] = {
    "user_message": "user",
    "assistant_message": "assistant",
    "system_message": "system",
}
"""Who says a message of each type, as models name it."""

_TYPES: Mapping[str, MessageType] = {type: type for type in ROLES}


class Message:
    """A message: of the bot, to be sent; or, in ``on_message``, of a user.

    Args:
        content: The text, as Markdown (CommonMark with GFM tables). A dict or a list is shown as JSON.
        author: The name shown instead of the bot's own, where the platform can. Of a user's message: their name.
        language: Show the content as a code block of this language (``"python"``).
        actions: Buttons under the message.
        elements: Files, images and texts that come with the message; of a user's message what they attached.
        type: ``assistant_message``, ``user_message`` or ``system_message``; only the first can be rated.
        metadata: Data of your own, kept with the object and not sent. Of a user's message: ``references``.
        tags: Words of your own, kept with the object and not sent.
        id: The message's id; by default one that is the same when the turn runs again.
        parent_id: The id of the step the message belongs to; it is only kept.
        command: The name of the slash command a user's message came as, without the slash.
        created_at: When the message was made: ISO 8601, or seconds since the epoch; by default now.
        mentions: Whom the text may notify; by default nobody.
        ai_generated: Show the platform's label for what a model wrote, where the platform has one (Teams).
        citations: Sources; the text refers to the n-th one as ``[n]``.
    """

    _takes_feedback = True
    _is_said = True
    """Whether the message is part of ``cl.chat_context``."""

    def __init__(
        self,
        content: str | dict[str, Any] | list[Any] | None = "",
        author: str | None = None,
        language: str | None = None,
        actions: Sequence[Action] | None = None,
        elements: Sequence[Element] | None = None,
        type: MessageType = "assistant_message",
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        id: str | None = None,
        parent_id: str | None = None,
        command: str | None = None,
        created_at: str | float | None = None,
        mentions: AllowedMentions | None = None,
        ai_generated: bool = False,
        citations: Sequence[Citation] = (),
    ) -> None:
        if content is None or isinstance(content, str):
            self.content = lines_ended(content or "")
        else:
            self.content = json.dumps(content, indent=2, ensure_ascii=False, default=str)
            language = language or "json"
        self.author = author
        self.language = language
        self.actions = list(actions or [])
        self.elements = list(elements or [])
        self.type: MessageType = type
        self.metadata = metadata or {}
        self.tags = tags
        self.parent_id = parent_id
        self.command = command
        self.mentions = mentions or _NOBODY
        self.ai_generated = ai_generated
        self.citations = list(citations)
        self.is_error = False
        self.platform_id: str | None = None
        """The platform's own id of a user's message (Slack's ``ts``); None of the bot's messages."""
        self._created: str | float = created_at or time.time()
        self._id = id
        self._turn = current_turn.get()
        self._number = self._turn.next_number() if self._turn is not None and id is None else 0
        self._posting: Posting | None = None
        self._offered: frozenset[str] = frozenset()
        """Ids of the actions whose buttons were posted last."""
        self._kept: frozenset[str] = frozenset()
        """Ids of the rows that history has of its elements."""
        self._shown_author: str | None = drop_lone_surrogates(author) if author else None
        """The name it is shown under (see ``@author_rename``)."""
        self._half = ""
        """The first half of a character or of a line break, whose second half may come with the next token."""

    @property
    def id(self) -> str:
        """The message's id, the same when its turn is run again after a crash."""
        if self._id is None:
            turn = self._turn or require_turn()
            self._id = turn.new_id(self._number if self._turn is not None else turn.next_number())
        return self._id

    @property
    def owner_id(self) -> str:
        """The id that its elements belong to: the message's own."""
        return self.id

    @property
    def created_at(self) -> str:
        """When the message was made, ISO 8601 in UTC."""
        made = self._created
        return made if isinstance(made, str) else datetime.fromtimestamp(made, UTC).isoformat()

    @classmethod
    def from_dict(cls, data: StepDict) -> "Message":
        """Return the message a dict describes, as ``to_dict`` or a data layer wrote it. Unknown keys are ignored.

        Args:
            data: The dict; only ``output`` is needed.
        """
        return Message(
            content=data.get("output") or "",
            author=data.get("name"),
            language=data.get("language"),
            type=_TYPES.get(data.get("type") or "", "assistant_message"),
            metadata=data.get("metadata"),
            tags=data.get("tags"),
            id=data.get("id"),
            parent_id=data.get("parentId"),
            command=data.get("command"),
            created_at=data.get("createdAt"),
        )

    def to_dict(self) -> StepDict:
        """Return the message as a dict, as a data layer keeps it."""
        turn = self._turn or current_turn.get()
        return {
            "id": self.id,
            "threadId": turn.thread_id if turn is not None else "",
            "parentId": self.parent_id,
            "createdAt": self.created_at,
            "start": self.created_at,
            "end": self.created_at,
            "command": self.command,
            "output": self.content,
            "name": self.author or BOT,
            "type": self.type,
            "language": self.language,
            "streaming": self._posting is not None and self._posting.stream is not None,
            "isError": self.is_error,
            "waitForAnswer": False,
            "metadata": self.metadata,
            "tags": self.tags,
        }

    async def send(self) -> Self:
        """Post the message; where it was streamed, end the stream. Sending it again edits it.

        Returns:
            The message itself.

        Raises:
            PlatformError: The platform did not take the message, retries included.
            TooLarge: An element is larger than the platform takes; the text names the limit.
            FileNotFoundError: There is no file at an element's ``path``.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        await self._put(require_turn())
        return self

    async def update(self) -> bool:
        """Edit the posted message to what the object says now: text, buttons and elements.

        Returns:
            True.

        Raises:
            PlatformError: The platform did not take the change, retries included.
            TooLarge: An element is larger than the platform takes; the text names the limit.
            FileNotFoundError: There is no file at an element's ``path``.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        await self._put(require_turn())
        return True

    async def stream_token(self, token: str, is_sequence: bool = False) -> None:
        """Add a piece of text to the message while it is written; it appears as often as the platform allows.

        ``send()`` or ``update()`` ends the stream; so does the end of the handler.

        Args:
            token: The piece of text; an empty one changes nothing.
            is_sequence: Whether ``token`` is the whole text so far, which it replaces, and not a piece to append.

        Raises:
            PlatformError: The platform did not take what was streamed before, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        if not token and not is_sequence:
            return  # models send empty pieces, and None
        turn = require_turn()
        posting = self._post(turn)
        if posting.stream is None:
            self._shown_author = await shown_author(turn, self.author)
        stream = await posting.open_stream(self)
        if is_sequence:
            self.content, self._half = token, ""
            await stream.replace(message_text(self._text()))
        else:
            self.content += token
            text, self._half = split_half(self._half + token)
            if text:
                await stream.write(message_text(text))

    async def stream(self, result: Any) -> Self:
        """Stream what a model or an agent says into the message, and send it. Calls of tools are shown as steps.

        Args:
            result: Any iterator, async or not, of texts; of chunks or events of OpenAI or Mistral; of LangChain or
                LangGraph (``astream``, ``astream_events``); what the Agents SDK's ``run_streamed`` or pydantic-ai's
                ``run_stream`` and ``run_stream_events`` return.

        Returns:
            The message itself.

        Raises:
            TypeError: It yields something else.
            PlatformError: The platform did not take the message, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
            Exception: What the stream raises; the text up to then stays.
        """
        # By its name, because it is made of steps, and a step of messages.
        await import_module("gateway.chat.model_stream").show_stream(self, result)
        return self

    async def remove(self) -> bool:
        """Delete the posted message from the platform.

        Returns:
            Whether there was a message to delete.

        Raises:
            PlatformError: The platform did not delete it, retries included.
        """
        turn = require_turn()
        if self._posting is None or self._posting.conversation != turn.ref.key:
            return False
        if self._posting.stream is not None:
            await self.finish_stream()
        turn.streaming.discard(self._posting)
        if self._posting.effect.body.get("buttons"):
            await self._forget_buttons(turn, self._posting)
        await self._posting.remove()
        transcript.drop(turn, self.id)
        kept.forget(turn, self.id)
        self._kept = await keep_all(turn, (), self.owner_id, self._kept)
        self._posting = None
        return True

    async def react(self, emoji: str, *, added: bool = True) -> bool:
        """Put the bot's reaction on the message, of a user or of the bot, or take it off.

        Args:
            emoji: The emoji itself (``👍``) or the platform's name for it (``thumbsup``).
            added: Whether to put it on; False takes it off.

        Returns:
            Whether the platform lets a bot react (Teams does not), and the message is on the platform.

        Raises:
            PlatformError: The platform did not take the reaction, retries included.
            RuntimeError: There is no conversation here, or the turn was stopped.
        """
        turn = require_turn()
        turn.check()
        posted = self._posting is not None and self._posting.conversation == turn.ref.key
        ids = [receipt.id for receipt in self._posting.receipts] if self._posting is not None and posted else []
        if not ids and self.platform_id is not None:
            ids = [self.platform_id]
        try:
            for id in ids[-1:]:
                await turn.sender.react(turn.ref, id, emoji, added=added)
        except Unsupported:
            return False
        return bool(ids)

    async def remove_actions(self) -> None:
        """Take all buttons off the posted message; from then on they do nothing, whatever a client still shows.

        Raises:
            PlatformError: The platform did not edit the message.
        """
        self.actions = []
        if self._posting is not None:
            await self._put(require_turn())
        else:
            await sent.remove_buttons(self.id)

    async def finish_stream(self) -> None:
        """End the stream if it is open, with the message as it is now; the gateway does so at the end of a turn.

        Raises:
            PlatformError: The platform did not take the end of the message, retries included.
        """
        if self._posting is not None and self._posting.stream is not None:
            await self._put(require_turn())

    def streamed(self) -> Outgoing:
        """Return the text written so far, without files and buttons, for a turn that breaks off."""
        return Outgoing(text=message_text(self._text()), author=self._shown_author)

    def _post(self, turn: Turn) -> Posting:
        if self._posting is None or self._posting.conversation != turn.ref.key:
            self._posting, self._offered = Posting(turn), frozenset()
        return self._posting

    async def _put(self, turn: Turn) -> None:
        if self._posting is None and not self.content and not self.elements and not self.actions:
            return  # nothing to show yet; an empty message that is streamed into later starts then
        posting = self._post(turn)
        for element in self.elements:
            element.placed(self)
        if self._offered:  # a button taken off by `action.remove()` does not come back
            kept = await sent.button_ids(turn, self.id)
            self.actions = [each for each in self.actions if each.id in kept or each.id not in self._offered]
        # An earlier run may have died before it recorded that the message has buttons.
        if not self.actions and posting.effect.body.get("buttons", turn.delivery.rerun):
            await self._forget_buttons(turn, posting)
        self._shown_author = await shown_author(turn, self.author)
        message = await self._outgoing(turn)
        reactions = turn.services.reactions()
        owned = reactions or (message.feedback is not None and not turn.sender.capabilities(turn.ref).feedback_token)
        if not self.actions and not owned:
            await self._show(posting, message)
            self._offered = frozenset()
            return
        # People may press a button before it is recorded, so the check of a click waits for messages in flight.
        with turn.services.in_flight.posting(turn.ref.key):
            await self._show(posting, message)
            ids = [action.id for action in self.actions]
            self._offered = frozenset(ids)
            if self.actions:
                posting.effect.record(buttons=True)
                await sent.remember(turn, self.id, message, posting.receipts, ids, doubtful=posting.doubtful)
            if owned:
                await remember_owner(turn.services.store, turn.ref, self.id, posting.receipts)

    async def _show(self, posting: Posting, message: Outgoing) -> None:
        if posting.stream is not None:
            await posting.close_stream(message)
        else:
            await posting.put(message)
        turn = require_turn()
        if self._is_said:
            transcript.note(turn, ROLES[self.type], self.id, self.content, self.author)
            self.keep(turn)
        if self.elements or self._kept:
            self._kept = await keep_all(turn, self.elements, self.owner_id, self._kept)

    def keep(self, turn: Turn, *, at: float | None = None) -> None:
        """Keep the message as it is now in the history.

        Args:
            turn: The running turn.
            at: When it was said, in seconds since the epoch; by default when it was made.
        """
        record = StepRecord(
            id=self.id,
            thread=turn.thread_id,
            user=turn.person,
            name=self.author or BOT,
            type=self.type,
            created_at=self._made_at() if at is None else at,
            output=self.content,
            parent=self.parent_id,
            is_error=self.is_error,
            metadata=self.metadata,
            tags=self.tags,
            command=self.command,
            language=self.language,
        )
        kept.keep(turn, record)

    def _made_at(self) -> float:
        """Return when the message was made, in seconds since the epoch; now, where ``created_at`` is no time."""
        if isinstance(self._created, str):
            try:
                return datetime.fromisoformat(self._created).timestamp()
            except ValueError:
                return time.time()
        return self._created

    async def _forget_buttons(self, turn: Turn, posting: Posting) -> None:
        await sent.forget_buttons(turn, self.id)
        posting.effect.record(buttons=False)

    def _text(self) -> str:
        return fenced(self.content.rstrip(), self.language) if self.language and self.content else self.content

    async def _outgoing(self, turn: Turn) -> Outgoing:
        shown = Rendered(text=self._text())
        if self.elements:
            shown = await compose(shown.text, self.elements, turn.sender.capabilities(turn.ref))
        feedback = self._takes_feedback and turn.services.feedback()
        return Outgoing(
            text=message_text(shown.text),
            author=self._shown_author,
            buttons=await self._buttons(turn) if self.actions else (),
            cards=shown.cards,
            files=shown.files,
            feedback=self._rating(turn) if feedback and self.type == "assistant_message" else None,
            mentions=self.mentions,
            ai_generated=self.ai_generated,
            citations=tuple(self.citations),
        )

    def _rating(self, turn: Turn) -> str:
        """Return what the thumbs under the message carry."""
        carried = turn.sender.capabilities(turn.ref).feedback_token
        return turn.services.seals.write_rating(turn.ref.key, self.id) if carried else self.id

    async def _buttons(self, turn: Turn) -> tuple[Button, ...]:
        limit = turn.sender.capabilities(turn.ref).token_room
        buttons: list[Button] = []
        for action in self.actions:
            action.for_id = self.id
            token = ActionToken(
                name=action.name, payload=action.payload, label=action.label, id=action.id, message=self.id
            )
            packed = await tokens.write(token, conversation=turn.ref.key, limit=limit, store=turn.services.store)
            buttons.append(Button(token=packed, label=action.text, tooltip=action.tooltip))
        return tuple(buttons)


class ErrorMessage(Message):
    """A message saying that something went wrong, marked with a warning sign. It takes no feedback.

    Args:
        content: What went wrong, as Markdown.
        author: The name shown instead of the bot's own, where the platform can.
        fail_on_persist_error: It is only kept: a message that cannot be stored always raises.
    """

    _takes_feedback = False

    def __init__(self, content: str = "", author: str | None = None, fail_on_persist_error: bool = False) -> None:
        super().__init__(content=content, author=author)
        self.is_error = True
        self.fail_on_persist_error = fail_on_persist_error

    def _text(self) -> str:
        return f"⚠️ {self.content}" if self.content else ""

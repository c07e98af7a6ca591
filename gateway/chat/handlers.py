"""The bridge from events to the bot's functions: it builds what a handler is given and calls the handler."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, assert_never

import structlog

from gateway.chat import commands, kept, native, sent, settings, transcript
from gateway.chat.actions import Action
from gateway.chat.attachments import FileRules
from gateway.chat.elements.base import Element
from gateway.chat.elements.files import received
from gateway.chat.feedback import Feedback
from gateway.chat.message import Message
from gateway.chat.profiles import Profiles
from gateway.chat.reactions import Reaction
from gateway.chat.references import as_metadata, quoted, referred_files
from gateway.chat.registry import Callbacks
from gateway.chat.resume import resume
from gateway.chat.titles import ask_for_title
from gateway.chat.user import current_user, name_of
from gateway.errors import Forbidden, Gone, PlatformError, TooLarge, Unsupported
from gateway.model import (
    ActionInvoked,
    CommandInvoked,
    ConversationEnded,
    ConversationStarted,
    Event,
    FeedbackGiven,
    FormSubmitted,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
    MessageRequested,
    Outgoing,
    ReactionChanged,
    RemoteFile,
    StopRequested,
)
from gateway.runtime.calling import call
from gateway.runtime.forms import COMMENT, SETTINGS
from gateway.runtime.history import follow_message, id_of_message, suggest_title
from gateway.runtime.owners import owner
from gateway.runtime.posting import Posting
from gateway.runtime.resources import SessionResources
from gateway.runtime.settings import ChatForm
from gateway.runtime.tokens import (
    ActionToken,
    CommentToken,
    ProfileToken,
    RatingToken,
    SettingsToken,
    StarterToken,
)
from gateway.runtime.turn import Turn

log = structlog.get_logger(__name__)


class BotHandlers:
    """Calls the registered functions of the bot, for the runtime.

    Args:
        callbacks: The registry of the bot's functions.
        keeps_history: Whether messages are kept, so that their edits and deletions matter to the gateway itself.
        reactions: What reactions on the bot's messages are worth as feedback: 1 thumbs up, 0 thumbs down.
        resources: What is opened for a session before a function of the bot handles something in it.
        file_rules: Which files of people's messages are taken; by default all.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        *,
        keeps_history: bool = False,
        reactions: Mapping[str, Literal[0, 1]] | None = None,
        resources: SessionResources | None = None,
        file_rules: FileRules | None = None,
    ) -> None:
        self._callbacks = callbacks
        self._keeps_history = keeps_history
        self._reactions = reactions or {}
        self._resources = resources
        self._file_rules = file_rules or FileRules()
        self._profiles = Profiles(callbacks)

    def wants(self, event: Event) -> bool:
        """Return whether the bot does anything for such an event; an event it does nothing for is not stored."""
        match event:
            case MessageCreated() | ActionInvoked() | FormSubmitted() | StopRequested():
                return True
            case CommandInvoked() | ConversationEnded() | FeedbackGiven() | MessageRequested():
                return True
            case ConversationStarted():
                bot = self._callbacks
                return bool(bot.on_chat_start or bot.set_chat_profiles or bot.set_starters)
            case MessageEdited():
                return self._keeps_history or self._callbacks.on_message_edit is not None
            case MessageDeleted():
                return self._keeps_history or self._callbacks.on_message_delete is not None
            case ReactionChanged():
                return self.wants_reactions()
        assert_never(event)

    def wants_reactions(self) -> bool:
        """Return whether reactions matter: a handler is registered for them, or some of them count as feedback."""
        return bool(self._callbacks.on_reaction or self._callbacks.on_slack_reaction_added or self._reactions)

    async def start(self, turn: Turn) -> None:
        """Offer the profiles, call ``on_chat_start``, where it is registered, and offer the starters."""
        await self._profiles.begin(turn)
        if self._callbacks.on_chat_start is not None:
            await call(self._callbacks.on_chat_start)
        await self._profiles.suggest(turn)

    async def resume(self, turn: Turn) -> None:
        """Restore what was said, and call ``on_chat_resume`` with the thread, where it is registered, once the profile
        is known to exist."""
        await self._profiles.check(turn)
        await resume(turn, self._callbacks.on_chat_resume)

    async def end(self, turn: Turn) -> None:
        """Call ``on_chat_end``, where it is registered, and forget the message whose deletion ends the conversation."""
        event = turn.event
        if isinstance(event, ConversationEnded) and event.message_id is not None:
            id = id_of_message(event.ref, event.message_id)
            kept.forget(turn, id)
            follow_message(turn, id, "")
        try:
            if self._callbacks.on_chat_end is not None:
                await call(self._callbacks.on_chat_end)
        finally:
            if self._resources is not None:
                await self._resources.end(turn)

    async def stop(self, turn: Turn) -> None:
        """Call ``on_stop``, where it is registered."""
        if self._callbacks.on_stop is not None:
            await call(self._callbacks.on_stop)

    async def handle(self, turn: Turn) -> None:
        """Call the function that the event of the turn is for, once the session has its resources: one that was opened
        for the bot, as by ``on_chat_start``."""
        if self._resources is not None and turn.session.opening is None and self._calls(turn.event):
            turn.journal.phase = "connect"
            try:
                await self._resources.prepare(turn)
            finally:
                turn.journal.phase = "handle"
        match turn.event:
            case MessageCreated() as event:
                await self._message(turn, event)
            case CommandInvoked() as event:
                await self._command(turn, event)
            case ActionInvoked():
                await self._action(turn)
            case FeedbackGiven() as event:
                await self._rated(turn, event)
            case FormSubmitted() as event:
                await self._form(turn, event)
            case ReactionChanged() as event:
                await self._reacted(turn, event)
            case MessageEdited() as event:
                await self._edited(turn, event)
            case MessageDeleted() as event:
                await self._deleted(turn, event)
            case MessageRequested() as event:
                await Message(event.text, event.author, id=event.id).send()
            case _:
                pass  # stop is done by the dispatcher; the others are not wanted (see ``wants``)

    def _calls(self, event: Event) -> bool:
        """Return whether a function of the bot is probably called for such an event."""
        match event:
            case MessageCreated() | CommandInvoked() | ActionInvoked() | FormSubmitted():
                return True
            case FeedbackGiven():
                return self._callbacks.on_feedback is not None
            case ReactionChanged():
                return self._callbacks.on_reaction is not None
            case MessageEdited():
                return self._callbacks.on_message_edit is not None
            case MessageDeleted():
                return self._callbacks.on_message_delete is not None
            case ConversationStarted() | ConversationEnded() | MessageRequested() | StopRequested():
                return False
        assert_never(event)

    async def _message(self, turn: Turn, event: MessageCreated) -> None:
        words = event.text.strip()
        if words == "/settings" and ChatForm.of(turn.session.values) is not None:
            await settings.show_again(turn)
            return
        if words == "/profile" and self._profiles.exist:
            await self._profiles.offer(turn)
            return
        command, text = commands.parted(turn.session.values, event.text)
        event = event if text == event.text else replace(event, text=text)
        files = referred_files(event)
        elements = await self._download(turn, files) if files else []
        message = Message(
            content=quoted(event),
            author=name_of(turn) or event.user.key,
            type="user_message",
            elements=elements,
            id=id_of_message(event.ref, event.message_id),
            command=command,
            created_at=event.at or None,
            metadata={"references": as_metadata(event.references)} if event.references else None,
        )
        message.platform_id = event.message_id
        suggest_title(turn.session, event.text, message.id)
        # By the time of arrival: the platform's clock may be ahead, and the answer would come before the message.
        message.keep(turn, at=turn.delivery.received_at)
        for element in elements:
            await element.keep(turn, message.id)
        if self._callbacks.on_message is not None:
            transcript.note(turn, "user", message.id, message.content, message.author, event.at or None)
            await call(self._callbacks.on_message, message)
        await ask_for_title(turn, message, self._callbacks.on_thread_title)

    async def _download(self, turn: Turn, files: tuple[RemoteFile, ...]) -> list[Element]:
        """Download what the user attached; tell the user, and the operator in the log, of what cannot be had."""
        taken, problems = self._file_rules.sorted(files)
        results = await asyncio.gather(*(_fetch(turn, file) for file in taken))
        problems += [result for result in results if isinstance(result, str)]
        if problems:
            await Posting(turn).put(Outgoing(text="\n".join(f"⚠️ {problem}" for problem in problems)))
        return [result for result in results if isinstance(result, Element)]

    async def _command(self, turn: Turn, event: CommandInvoked) -> None:
        if event.command == SETTINGS:
            await settings.show_again(turn)
        elif event.command == "profile":
            await self._profiles.offer(turn)
        else:
            command, text = commands.invoked(turn.session.values, event.command, event.text)
            await self._say(turn, text, command)

    async def _say(self, turn: Turn, text: str, command: str | None) -> None:
        """Call ``on_message`` with what the person said otherwise than by a message."""
        message = Message(content=text, author=name_of(turn), type="user_message", command=command)
        suggest_title(turn.session, text, message.id)
        message.keep(turn, at=turn.delivery.received_at)
        if self._callbacks.on_message is not None:
            transcript.note(turn, "user", message.id, text, message.author)
            await call(self._callbacks.on_message, message)
        await ask_for_title(turn, message, self._callbacks.on_thread_title)

    async def _starter(self, turn: Turn, token: StarterToken) -> None:
        picked = await self._profiles.picked(turn, token.index)
        if picked is None:
            await turn.sender.notify(turn.ref, turn.event.user, "That button does nothing any more.")
        else:
            await self._say(turn, *picked)

    async def _action(self, turn: Turn) -> None:
        token = turn.delivery.token
        if isinstance(token, ProfileToken):
            await self._profiles.choose(turn, token.name)
            return
        if isinstance(token, StarterToken):
            await self._starter(turn, token)
            return
        callback = self._callbacks.actions.get(token.name) if isinstance(token, ActionToken) else None
        known = callback is not None and isinstance(token, ActionToken) and await _has_button(turn, token)
        if callback is None or not isinstance(token, ActionToken) or not known:
            log.warning("action.unknown", action=getattr(token, "name", None), delivery=turn.delivery.key)
            await turn.sender.notify(turn.ref, turn.event.user, "That button does nothing any more.")
            return
        await call(callback, Action.clicked(token))

    async def _form(self, turn: Turn, event: FormSubmitted) -> None:
        token = turn.delivery.token
        if isinstance(token, CommentToken):
            comment = event.values.get(COMMENT)
            if comment:
                await self._feedback(turn, Feedback(token.message, token.value, turn.thread_id, comment=str(comment)))
        elif isinstance(token, SettingsToken):
            values = await settings.submitted(turn, event)
            if values is not None and self._callbacks.on_settings_update is not None:
                await call(self._callbacks.on_settings_update, values)
        else:
            log.warning("form.unknown", delivery=turn.delivery.key)

    async def _rated(self, turn: Turn, event: FeedbackGiven) -> None:
        token = turn.delivery.token
        message = token.message if isinstance(token, RatingToken) else await _owner(turn, event.message_id)
        if message is None:
            log.warning("feedback.unknown", delivery=turn.delivery.key)
            await turn.sender.notify(turn.ref, turn.event.user, "That message cannot be rated any more.")
            return
        await self._feedback(turn, Feedback(message, event.value, turn.thread_id, comment=event.comment or None))

    async def _reacted(self, turn: Turn, event: ReactionChanged) -> None:
        bot = self._callbacks
        value = self._reactions.get(event.emoji)
        on = (
            await owner(turn.services.store, turn.ref, event.message_id)
            if bot.on_reaction is not None or value is not None
            else None
        )
        if value is not None and on is not None:
            await self._counts(turn, on, value, added=event.added)
        if bot.on_reaction is not None:
            reaction = Reaction(event.emoji, event.added, current_user(turn), event.message_id, on)
            await call(bot.on_reaction, reaction)
        if bot.on_slack_reaction_added is not None and event.added and event.ref.platform == "slack":
            await call(bot.on_slack_reaction_added, native.slack_event(turn) or {})

    async def _edited(self, turn: Turn, event: MessageEdited) -> None:
        id = id_of_message(event.ref, event.message_id)
        transcript.edit(turn, id, event.text)
        kept.change_text(turn, id, event.text)
        follow_message(turn, id, event.text)
        if self._callbacks.on_message_edit is not None:
            await call(self._callbacks.on_message_edit, _spoken(turn, event.message_id, event.text))

    async def _deleted(self, turn: Turn, event: MessageDeleted) -> None:
        id = id_of_message(event.ref, event.message_id)
        known = next((each.text for each in transcript.read(turn) if each.id == id), "")
        transcript.drop(turn, id)
        kept.forget(turn, id)
        follow_message(turn, id, "")
        if self._callbacks.on_message_delete is not None:
            await call(self._callbacks.on_message_delete, _spoken(turn, event.message_id, known))

    async def _counts(self, turn: Turn, message: str, value: Literal[0, 1], *, added: bool) -> None:
        """Take a reaction as a thumb, or as a thumb that was taken back."""
        if added:
            await self._feedback(turn, Feedback(message, value, turn.thread_id))
        else:
            kept.forget_feedback(turn, message)

    async def _feedback(self, turn: Turn, feedback: Feedback) -> None:
        feedback.id = kept.keep_feedback(turn, feedback.forId, feedback.value, feedback.comment)
        if self._callbacks.on_feedback is not None:
            await call(self._callbacks.on_feedback, feedback)


def _spoken(turn: Turn, id: str, text: str) -> Message:
    message = Message(content=text, author=name_of(turn), type="user_message", id=id_of_message(turn.ref, id))
    message.platform_id = id
    return message


async def _has_button(turn: Turn, token: ActionToken) -> bool:
    """Return whether the clicked button is under its message now; waits for messages that are just being posted."""
    event = turn.event
    if not isinstance(event, ActionInvoked):
        return False
    return await sent.has_button(turn, event, token.message) or (
        await turn.services.in_flight.settled(turn.ref.key) and await sent.has_button(turn, event, token.message)
    )


async def _owner(turn: Turn, platform_id: str | None) -> str | None:
    """Return the id of the rated message; waits for messages that are being posted and not on record yet."""
    message = await owner(turn.services.store, turn.ref, platform_id)
    if message is None and await turn.services.in_flight.settled(turn.ref.key):
        message = await owner(turn.services.store, turn.ref, platform_id)
    return message


async def _fetch(turn: Turn, file: RemoteFile) -> Element | str:
    try:
        path = await turn.services.files.fetch(
            file, platform=turn.ref.platform, session=turn.session.id, delivery=turn.delivery.key
        )
    except TooLarge as error:
        return f"I could not take the file: {error}."
    except Forbidden as error:
        log.error("file.forbidden", file=file.name, delivery=turn.delivery.key, fix=str(error))
        return f"I could not read {file.name}: {error}"
    except (Gone, Unsupported) as error:  # sending it again as it is would not help
        log.warning("file.unreadable", file=file.name, delivery=turn.delivery.key, error=str(error))
        return f"I could not read {file.name}: {error}."
    except PlatformError as error:
        log.warning("file.unavailable", file=file.name, delivery=turn.delivery.key, error=str(error))
        return f"I could not read {file.name}. Please send it again."
    return received(file.name, file.mime, path, path.stat().st_size, id=turn.new_id(f"file/{file.id}"))

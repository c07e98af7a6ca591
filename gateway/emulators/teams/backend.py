"""Posting, changing and deleting in a conversation: changes the state, notifies observers and tells the bot."""

import time

from gateway.emulators.common.observe import Observers
from gateway.emulators.common.values import JSON
from gateway.emulators.teams import page
from gateway.emulators.teams.activities import Activities
from gateway.emulators.teams.delivery import Deliveries, Delivery
from gateway.emulators.teams.files import Files
from gateway.emulators.teams.world import Conversation, Message, Stream, World


class Backend:
    """State, observers and deliveries of the emulated Teams, used by the connector's operations and by what people do.

    ``stream_seconds`` is how long a stream may take. With ``rsc`` the app may read messages that do not mention it.
    ``viewer`` is the person whose view the page shows.
    """

    def __init__(
        self,
        world: World,
        observers: Observers,
        deliveries: Deliveries,
        *,
        stream_seconds: float,
        streaming: bool,
        rsc: bool,
        download_seconds: float,
        viewer: str,
    ) -> None:
        self.world = world
        self.observers = observers
        self.deliveries = deliveries
        self.activities = Activities(world)
        self.files = Files(world, download_seconds=download_seconds)
        self.stream_seconds = stream_seconds
        self.streaming = streaming
        self.rsc = rsc
        self.viewer = viewer

    # -- messages

    def post(self, conversation: Conversation, message: Message) -> None:
        """Add a message to a conversation and notify the observers."""
        conversation.add(message)
        if message.sender == self.world.bot_id:
            self.show_typing(conversation, typing=False)
        self.notice(conversation, message)

    def notice(self, conversation: Conversation, message: Message) -> None:
        """Notify the observers that a message is new or changed."""
        self.observers.changed()
        if self._shows(conversation) and message.targeted_for in (None, self.viewer):
            shown = page.message(self, conversation, message, self.viewer)
            self.observers.publish(
                {"type": "change", "entity": "message", "conversation": conversation.id, "message": shown}
            )

    def notice_conversation(self, conversation: Conversation, *, removed: bool = False) -> None:
        """Notify the observers that a conversation is new, changed or ``removed``."""
        self.observers.changed()
        if self.observers.watched:
            shown = page.conversation(self.world, conversation)
            if removed:
                shown["removed"] = True
            self.observers.publish({"type": "change", "entity": "conversation", "conversation": shown})

    def show_typing(self, conversation: Conversation, *, typing: bool) -> None:
        """Show or hide the bot's typing indicator."""
        if conversation.typing == typing and not typing:
            return
        conversation.typing = typing
        self.observers.changed()
        if self._shows(conversation):
            self.observers.publish(
                {"type": "change", "entity": "typing", "conversation": conversation.id, "typing": typing}
            )

    def _shows(self, conversation: Conversation) -> bool:
        """Return whether the page shows this conversation to somebody."""
        return self.observers.watched and self.viewer in conversation.members

    # -- deliveries to the bot

    def deliver(self, activity: JSON) -> Delivery:
        """Start to deliver an activity to the bot."""
        return self.deliveries.start(activity)

    def deliver_message(self, conversation: Conversation, message: Message, activity: JSON) -> Delivery:
        """Start to deliver an activity about a message. Its author sees when the bot did not take it."""

        def then(delivery: Delivery) -> None:
            if not delivery.ok:
                message.undelivered = True
                self.notice(conversation, message)

        message.seen_by_bot = True
        return self.deliveries.start(activity, then)

    # -- streams

    def stream_of(self, message: Message) -> Stream | None:
        """Return the message's stream, ended if its time is over; None when the message was never streamed."""
        stream = message.stream
        if stream is not None and stream.ended is None and time.monotonic() - stream.started > self.stream_seconds:
            stream.ended = "expired"
        return stream

    def running(self, conversation: Conversation) -> Message | None:
        """Return the message that is being streamed in a conversation, or None."""
        for message in reversed(conversation.messages.values()):
            stream = self.stream_of(message)
            if stream is not None and stream.ended is None and not message.deleted:
                return message
        return None

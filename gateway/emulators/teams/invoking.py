"""What all interactions need: the message a person uses, the invoke it leads to, and text sent in the person's name."""

from typing import Any

from gateway.emulators.common.values import PersonError
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.delivery import Delivery
from gateway.emulators.teams.people import People
from gateway.emulators.teams.values import InvokeResult
from gateway.emulators.teams.world import Conversation, Message, Person


class Invoking:
    """Sends invokes for people's interactions."""

    def __init__(self, backend: Backend, people: People) -> None:
        self._backend = backend
        self._people = people

    async def invoke(
        self, conversation: Conversation, person: Person, name: str | None, value: Any, message: Message | None
    ) -> Delivery:
        """Send an invoke and wait for the bot's answer."""
        activity = self._backend.activities.invoke(conversation, person, name, value, message=message)
        return await self._backend.deliveries.send(activity)

    def message(self, conversation: Conversation, person: Person, message_id: str) -> Message:
        """Return the message a person uses. Raises ``PersonError`` when the person cannot see it."""
        message = conversation.find(message_id)
        if person.id not in conversation.members or message.targeted_for not in (None, person.id):
            raise PersonError("no such message")
        return message

    def speak(self, conversation: Conversation, person: Person, message: Message, text: str) -> InvokeResult:
        """Post a text as if the person had typed it, with a mention of the bot where one is needed."""
        thread = message.thread if conversation.kind == "channel" else None
        prefix = "" if conversation.kind == "personal" else f"@{self._backend.world.bot_name} "
        self._people.say(conversation, person, prefix + text, thread=thread)
        return InvokeResult(0)

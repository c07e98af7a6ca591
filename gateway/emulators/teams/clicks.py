"""The buttons of cards: Adaptive Cards' actions, classic cards' buttons, and actions that stand for such buttons.

Action.Execute: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model. The others:
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-actions.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.teams import answers, cards
from gateway.emulators.teams.attachments import ADAPTIVE
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.dialogs import Dialog, Dialogs, filled, new_dialog_id
from gateway.emulators.teams.invoking import Invoking
from gateway.emulators.teams.values import InvokeResult
from gateway.emulators.teams.world import Conversation, Message, Person

Given = Mapping[str, Any]
"""What a person filled in, by input id, or an action object."""


class Clicks:
    """Performs people's clicks on the buttons of cards."""

    def __init__(self, backend: Backend, dialogs: Dialogs, invoking: Invoking) -> None:
        self._backend = backend
        self._dialogs = dialogs
        self._invoking = invoking

    async def click(
        self,
        conversation: Conversation,
        person: Person,
        message_id: str,
        *,
        title: str | None,
        action: Given | None,
        inputs: Given,
    ) -> InvokeResult:
        """Use a button, found by its ``title`` or given as the ``action`` object in the card. Raises ``PersonError``
        when there is none."""
        message = self._invoking.message(conversation, person, message_id)
        for index, given in enumerate(message.activity.get("attachments") or ()):
            content = given.get("content")
            if given["contentType"] == ADAPTIVE:
                card = message.cards.get((person.id, index), content)
                found = named(cards.actions(card), title, action)
                if found is not None:
                    return await self._use(conversation, person, message, index, card, found, inputs)
            elif isinstance(content, dict):
                found = named(content.get("buttons") or (), title, action)
                if found is not None:
                    return await self._press(conversation, person, message, found)
        raise PersonError(f"no such button: {title or action}")

    async def _use(
        self,
        conversation: Conversation,
        person: Person,
        message: Message,
        index: int,
        card: JSON,
        action: JSON,
        inputs: Given,
    ) -> InvokeResult:
        if action["type"] not in ("Action.Execute", "Action.Submit"):
            return InvokeResult(0)  # the client does these by itself
        data, errors = data_of(card, action, inputs)
        if errors:
            return InvokeResult(0, errors=errors)
        if action["type"] == "Action.Execute":
            return await self._execute(conversation, person, message, index, action, data)
        special = data.get("msteams") if isinstance(data, dict) else None
        if isinstance(special, dict) and isinstance(data, dict):
            return await self._special(conversation, person, message, special, data)
        activity = self._backend.activities.submitted(conversation, person, message, data)
        return answers.of_message(await self._backend.deliveries.send(activity))

    async def _execute(
        self, conversation: Conversation, person: Person, message: Message, index: int, action: JSON, data: Any
    ) -> InvokeResult:
        sent = {k: action[k] for k in ("type", "id", "title", "verb") if k in action} | {"data": data}
        value = {"action": sent, "trigger": "manual"}
        delivery = await self._invoking.invoke(conversation, person, "adaptiveCard/action", value, message)
        result = answers.of_execute(delivery)
        if result.card is not None:
            message.cards[person.id, index] = result.card
            self._backend.notice(conversation, message)
        return result

    async def _special(
        self, conversation: Conversation, person: Person, message: Message, special: JSON, data: JSON
    ) -> InvokeResult:
        """Perform an Action.Submit that stands for another kind of action, named by ``msteams`` in its data."""
        match special.get("type"):
            case "task/fetch":
                return await self._fetch(conversation, person, message, data)
            case "imBack" | "messageBack" | "invoke":
                plain = {k: v for k, v in data.items() if k != "msteams"}
                return await self._press(conversation, person, message, special, plain)
            case "signin":
                return InvokeResult(0)
            case _:
                activity = self._backend.activities.submitted(conversation, person, message, data)
                return answers.of_message(await self._backend.deliveries.send(activity))

    async def _press(
        self, conversation: Conversation, person: Person, message: Message, button: JSON, inputs: JSON | None = None
    ) -> InvokeResult:
        """Press a button of a classic card."""
        match button["type"]:
            case "imBack":
                return self._invoking.speak(conversation, person, message, str(button.get("value", "")))
            case "messageBack":
                value = _object(button.get("value"))
                if inputs:
                    value = {**inputs, **value} if isinstance(value, dict) else inputs
                shown = button.get("displayText")
                if shown:
                    root = message.thread if conversation.kind == "channel" else None
                    echo = Message(self._backend.world.clock.message_id(), person.id, {"text": str(shown)}, root=root)
                    self._backend.post(conversation, echo)
                text = str(button.get("text", ""))
                activity = self._backend.activities.submitted(conversation, person, message, value, text=text)
                return answers.of_message(await self._backend.deliveries.send(activity))
            case "invoke":
                value = _object(button.get("value"))
                if isinstance(value, dict) and value.get("type") == "task/fetch":
                    return await self._fetch(conversation, person, message, value)
                return answers.of_any(await self._invoking.invoke(conversation, person, None, value, message))
            case _:
                return InvokeResult(0)

    async def _fetch(self, conversation: Conversation, person: Person, message: Message, data: JSON) -> InvokeResult:
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self._invoking.invoke(conversation, person, "task/fetch", value, message)
        dialog = Dialog(new_dialog_id(), "task", "", person, conversation, message, None, None)
        return answers.of_dialog(self._dialogs, delivery, dialog)


def data_of(card: JSON, action: JSON, given: Given) -> tuple[Any, JSON]:
    """Return an action's data with the inputs laid over it, and the messages beside inputs that are not valid."""
    own = action.get("data")
    if action.get("associatedInputs") == "none":
        return own if own is not None else {}, {}
    taken = cards.inputs_of(card, action) or []
    others = {each["id"] for each in cards.inputs(card)} - {each["id"] for each in taken}
    values, errors = filled(taken, {name: value for name, value in given.items() if name not in others})
    if not values and own is not None:
        return own, errors
    return ({**own, **values} if isinstance(own, dict) else values), errors


def named(actions: Any, title: str | None, action: Given | None) -> JSON | None:
    """Return the action with this title, or the one equal to ``action``; None when there is none."""
    for each in actions:
        if each == action or (action is None and each.get("title") == title):
            found: JSON = each
            return found
    return None


def _object(value: Any) -> Any:
    """Return a button's value, decoded when it is JSON in a string."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value

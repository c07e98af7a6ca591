"""What people do to cards, suggestions, thumbs, consent cards and dialogs; and what the bot's answers look like then.

Action.Execute: https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model. Dialogs:
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots. Feedback:
.../bots/how-to/bot-messages-ai-generated-content#feedback-buttons. Files: .../bots/how-to/bots-filesv4.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from adapters.emulation.values import JSON, PersonError
from adapters.teams.emulation import answers, cards
from adapters.teams.emulation.attachments import ADAPTIVE, CONSENT
from adapters.teams.emulation.backend import Backend
from adapters.teams.emulation.delivery import Delivery
from adapters.teams.emulation.dialogs import Dialog, Dialogs, filled, new_dialog_id
from adapters.teams.emulation.people import People
from adapters.teams.emulation.values import InvokeResult
from adapters.teams.emulation.world import Conversation, Message, Person

Given = Mapping[str, Any]


class Interactions:
    def __init__(self, backend: Backend, dialogs: Dialogs, people: People) -> None:
        self._backend = backend
        self._dialogs = dialogs
        self._people = people

    # -- cards

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
        message = self._message(conversation, person, message_id)
        for index, given in enumerate(message.activity.get("attachments") or ()):
            content = given.get("content")
            if given["contentType"] == ADAPTIVE:
                card = message.cards.get((person.id, index), content)
                found = _named(cards.actions(card), title, action)
                if found is not None:
                    return await self._use(conversation, person, message, index, card, found, inputs)
            elif isinstance(content, dict):
                found = _named(content.get("buttons") or (), title, action)
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
        data, errors = _data(card, action, inputs)
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
        delivery = await self._invoked(conversation, person, "adaptiveCard/action", value, message)
        result = answers.of_execute(delivery)
        if result.card is not None:
            message.cards[person.id, index] = result.card
            self._backend.notice(conversation, message)
        return result

    async def _special(
        self, conversation: Conversation, person: Person, message: Message, special: JSON, data: JSON
    ) -> InvokeResult:
        """An Action.Submit that stands for another kind of action, told by ``msteams`` in its data."""
        match special.get("type"):
            case "task/fetch" | "invoke":
                return await self._fetch(conversation, person, message, data)
            case "imBack" | "messageBack":
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
        """A button of a classic card."""
        match button["type"]:
            case "imBack":
                return self._speak(conversation, person, message, str(button.get("value", "")))
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
                return answers.of_any(await self._invoked(conversation, person, None, value, message))
            case _:
                return InvokeResult(0)

    def _speak(self, conversation: Conversation, person: Person, message: Message, text: str) -> InvokeResult:
        """As if the person had typed it, addressed to the bot where that is needed."""
        thread = message.thread if conversation.kind == "channel" else None
        prefix = "" if conversation.kind == "personal" else f"@{self._backend.world.bot_name} "
        self._people.say(conversation, person, prefix + text, thread=thread)
        return InvokeResult(0)

    # -- dialogs

    async def _fetch(self, conversation: Conversation, person: Person, message: Message, data: JSON) -> InvokeResult:
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self._invoked(conversation, person, "task/fetch", value, message)
        dialog = Dialog(new_dialog_id(), "task", "", person, conversation, message, None, None)
        return answers.of_dialog(self._dialogs, delivery, dialog)

    async def submit_dialog(
        self, dialog_id: str, inputs: Given, *, title: str | None, action: Given | None
    ) -> InvokeResult:
        dialog = self._dialogs.find(dialog_id)
        if dialog.card is None:
            raise PersonError("the dialog shows a page, not a card")
        submits = [a for a in cards.actions(dialog.card) if a["type"] in ("Action.Submit", "Action.Execute")]
        found = _named(submits, title, action) if title or action else submits[0] if len(submits) == 1 else None
        if found is None:
            raise PersonError(f"no such button in the dialog: {title or action}")
        data, errors = _data(dialog.card, found, inputs)
        if errors:
            return InvokeResult(0, errors=errors, dialog=dialog.id)
        if dialog.kind == "feedback":
            assert dialog.message is not None and dialog.reaction is not None
            self._dialogs.close(dialog.id)
            return await self._verdict(dialog.conversation, dialog.person, dialog.message, dialog.reaction, data)
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self._invoked(dialog.conversation, dialog.person, "task/submit", value, dialog.message)
        return answers.of_dialog(self._dialogs, delivery, dialog)

    # -- thumbs

    async def feedback(
        self, conversation: Conversation, person: Person, message_id: str, reaction: str, comment: str
    ) -> InvokeResult:
        message = self._message(conversation, person, message_id)
        data = message.activity.get("channelData") or {}
        kind = (data.get("feedbackLoop") or {}).get("type") or ("default" if data.get("feedbackLoopEnabled") else None)
        if kind is None or not conversation.installed:
            raise PersonError("the message has no feedback buttons")
        if reaction not in ("like", "dislike"):
            raise PersonError("a verdict is like or dislike")
        if kind == "default":
            return await self._verdict(conversation, person, message, reaction, {"feedbackText": comment})
        value = {"actionName": "feedback", "actionValue": {"reaction": reaction}}
        delivery = await self._invoked(conversation, person, "message/fetchTask", value, message)
        dialog = Dialog(new_dialog_id(), "feedback", "", person, conversation, message, None, None, reaction)
        return answers.of_dialog(self._dialogs, delivery, dialog)

    async def _verdict(
        self, conversation: Conversation, person: Person, message: Message, reaction: str, form: Any
    ) -> InvokeResult:
        given = {"reaction": reaction, "feedback": orjson.dumps(form).decode()}
        value = {"actionName": "feedback", "actionValue": given}
        delivery = await self._invoked(conversation, person, "message/submitAction", value, message)
        result = answers.of_verdict(delivery)
        if result.ok:
            message.verdicts[person.id] = reaction
            self._backend.notice(conversation, message)
        return result

    # -- files, suggestions, anything

    async def consent(
        self, conversation: Conversation, person: Person, message_id: str, *, accept: bool
    ) -> InvokeResult:
        message = self._message(conversation, person, message_id)
        attachments = message.activity.get("attachments") or ()
        waiting = (i for i, a in enumerate(attachments) if a["contentType"] == CONSENT and i not in message.consents)
        index = next(waiting, None)
        if index is None:
            raise PersonError("no file waits for consent here")
        card = attachments[index]
        action, context = ("accept", "acceptContext") if accept else ("decline", "declineContext")
        value: JSON = {"type": "fileUpload", "action": action, "context": card["content"].get(context)}
        if accept:
            file = self._backend.files.session(card["name"])
            value["uploadInfo"] = {
                "contentUrl": self._backend.files.content_url(file),
                "name": file.name,
                "uploadUrl": self._backend.files.upload_url(file),
                "uniqueId": file.id,
                "fileType": file.kind,
            }
        result = answers.of_any(await self._invoked(conversation, person, "fileConsent/invoke", value, message))
        if result.ok:
            message.consents[index] = "accepted" if accept else "declined"
            self._backend.notice(conversation, message)
        return result

    async def choose(self, conversation: Conversation, person: Person, message_id: str, title: str) -> InvokeResult:
        message = self._message(conversation, person, message_id)
        suggested = message.activity.get("suggestedActions") or {}
        action = _named(suggested.get("actions") or (), title, None)
        to = suggested.get("to") or [person.id]
        if action is None or person.id not in to:
            raise PersonError(f"no such suggestion: {title}")
        match action["type"]:
            case "imBack":
                return self._speak(conversation, person, message, action["value"])
            case "Action.Submit":
                name = "suggestedActions/submit"
                return answers.of_any(await self._invoked(conversation, person, name, action["value"], message))
            case _:  # Action.Compose fills the compose box; nothing is sent yet
                return InvokeResult(0)

    async def invoke(
        self, conversation: Conversation, person: Person, name: str, value: Any, *, message_id: str | None
    ) -> InvokeResult:
        message = conversation.find(message_id) if message_id is not None else None
        return answers.of_any(await self._invoked(conversation, person, name, value, message))

    async def _invoked(
        self, conversation: Conversation, person: Person, name: str | None, value: Any, message: Message | None
    ) -> Delivery:
        activity = self._backend.activities.invoke(conversation, person, name, value, message=message)
        return await self._backend.deliveries.send(activity)

    def _message(self, conversation: Conversation, person: Person, message_id: str) -> Message:
        message = conversation.find(message_id)
        if person.id not in conversation.members or message.targeted_for not in (None, person.id):
            raise PersonError("no such message")
        return message


def _data(card: JSON, action: JSON, given: Given) -> tuple[Any, JSON]:
    """An action's data with the inputs laid over it, and what is wrong with them."""
    own = action.get("data")
    if action.get("associatedInputs") == "none":
        return own if own is not None else {}, {}
    values, errors = filled(cards.inputs(card), given)
    if not values and own is not None:
        return own, errors
    return ({**own, **values} if isinstance(own, dict) else values), errors


def _named(actions: Any, title: str | None, action: Given | None) -> JSON | None:
    for each in actions:
        if each == action or (action is None and each.get("title") == title):
            found: JSON = each
            return found
    return None


def _object(value: Any) -> Any:
    """A button's value, which may be JSON in a string."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value

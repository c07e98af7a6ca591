"""Dialogs, verdicts, consent cards, suggested actions and invokes of any name.

Dialogs: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules/task-modules-bots.
Feedback: .../bots/how-to/bot-messages-ai-generated-content#feedback-buttons. Files: .../bots/how-to/bots-filesv4.
Suggested actions: .../bots/how-to/conversations/suggested-actions.
"""

from typing import Any

import orjson

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.teams import answers, cards
from gateway.emulators.teams.attachments import CONSENT
from gateway.emulators.teams.backend import Backend
from gateway.emulators.teams.clicks import Given, data_of, named
from gateway.emulators.teams.dialogs import Dialog, Dialogs, new_dialog_id
from gateway.emulators.teams.invoking import Invoking
from gateway.emulators.teams.values import InvokeResult
from gateway.emulators.teams.world import Conversation, Message, Person


class Interactions:
    """Performs what people do with dialogs, verdicts, consent cards and suggested actions."""

    def __init__(self, backend: Backend, dialogs: Dialogs, invoking: Invoking) -> None:
        self._backend = backend
        self._dialogs = dialogs
        self._invoking = invoking

    async def submit_dialog(
        self, dialog_id: str, inputs: Given, *, title: str | None, action: Given | None
    ) -> InvokeResult:
        """Use an action of an open dialog. Without ``title`` and ``action`` it is the dialog's only one."""
        dialog = self._dialogs.find(dialog_id)
        if dialog.card is None:
            raise PersonError("the dialog shows a page, not a card")
        submits = [a for a in cards.actions(dialog.card) if a["type"] in ("Action.Submit", "Action.Execute")]
        found = named(submits, title, action) if title or action else submits[0] if len(submits) == 1 else None
        if found is None:
            raise PersonError(f"no such button in the dialog: {title or action}")
        data, errors = data_of(dialog.card, found, inputs)
        if errors:
            return InvokeResult(0, errors=errors, dialog=dialog.id)
        if dialog.kind == "feedback":
            assert dialog.message is not None and dialog.reaction is not None
            self._dialogs.close(dialog.id)
            return await self._verdict(dialog.conversation, dialog.person, dialog.message, dialog.reaction, data)
        value = {"data": data, "context": {"theme": "default"}}
        delivery = await self._invoking.invoke(dialog.conversation, dialog.person, "task/submit", value, dialog.message)
        return answers.of_dialog(self._dialogs, delivery, dialog)

    # -- thumbs

    async def feedback(
        self, conversation: Conversation, person: Person, message_id: str, reaction: str, comment: str
    ) -> InvokeResult:
        """Give a verdict with a comment, or open the bot's own feedback form."""
        message = self._invoking.message(conversation, person, message_id)
        data = message.activity.get("channelData") or {}
        kind = (data.get("feedbackLoop") or {}).get("type") or ("default" if data.get("feedbackLoopEnabled") else None)
        if kind is None or not conversation.installed:
            raise PersonError("the message has no feedback buttons")
        if reaction not in ("like", "dislike"):
            raise PersonError("a verdict is like or dislike")
        if kind == "default":
            return await self._verdict(conversation, person, message, reaction, {"feedbackText": comment})
        value = {"actionName": "feedback", "actionValue": {"reaction": reaction}}
        delivery = await self._invoking.invoke(conversation, person, "message/fetchTask", value, message)
        dialog = Dialog(new_dialog_id(), "feedback", "", person, conversation, message, None, None, reaction)
        return answers.of_dialog(self._dialogs, delivery, dialog)

    async def _verdict(
        self, conversation: Conversation, person: Person, message: Message, reaction: str, form: Any
    ) -> InvokeResult:
        given = {"reaction": reaction, "feedback": orjson.dumps(form).decode()}
        value = {"actionName": "feedback", "actionValue": given}
        delivery = await self._invoking.invoke(conversation, person, "message/submitAction", value, message)
        result = answers.of_verdict(delivery)
        if result.ok:
            message.verdicts[person.id] = reaction
            self._backend.notice(conversation, message)
        return result

    # -- files, suggestions, anything

    async def consent(
        self, conversation: Conversation, person: Person, message_id: str, *, accept: bool
    ) -> InvokeResult:
        """Answer the first file consent card of a message that is still open."""
        message = self._invoking.message(conversation, person, message_id)
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
        result = answers.of_any(await self._invoking.invoke(conversation, person, "fileConsent/invoke", value, message))
        if result.ok and card in (message.activity.get("attachments") or ()):  # else it made room for the file already
            message.consents[index] = "accepted" if accept else "declined"
            self._backend.notice(conversation, message)
        return result

    async def choose(self, conversation: Conversation, person: Person, message_id: str, title: str) -> InvokeResult:
        """Select a suggested action."""
        message = self._invoking.message(conversation, person, message_id)
        suggested = message.activity.get("suggestedActions") or {}
        action = named(suggested.get("actions") or (), title, None)
        to = suggested.get("to") or [person.id]
        if action is None or person.id not in to:
            raise PersonError(f"no such suggestion: {title}")
        match action["type"]:
            case "imBack":
                return self._invoking.speak(conversation, person, message, action["value"])
            case "Action.Submit":
                name = "suggestedActions/submit"
                return answers.of_any(await self._invoking.invoke(conversation, person, name, action["value"], message))
            case _:  # Action.Compose fills the compose box; nothing is sent yet
                return InvokeResult(0)

    async def invoke(
        self, conversation: Conversation, person: Person, name: str, value: Any, *, message_id: str | None
    ) -> InvokeResult:
        """Send an invoke of any name."""
        message = conversation.find(message_id) if message_id is not None else None
        return answers.of_any(await self._invoking.invoke(conversation, person, name, value, message))

"""Sends, edits and deletes messages.

A message is one Discord message that includes its files. It carries its key as a nonce which Discord enforces: a
message sent again within minutes (by discord.py after a 5xx, by the gateway after a crash) is answered with the one
that was posted.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from adapters.discord import tokens
from adapters.discord.api import Api
from adapters.discord.errors import NO_ACCESS, TOKEN_OVER, code_of
from adapters.discord.fields import number
from adapters.discord.files import batches, request, uploads
from adapters.discord.recent import RecentMessages
from adapters.discord.render import body, nonce
from adapters.discord.threads import PostTarget, Threads
from adapters.discord.written import EMPTY
from adapters.fields import Json, items, text
from adapters.files import file_changes
from gateway.errors import Forbidden, Gone, RefusedForm, Rejected
from gateway.model import ConversationRef, Outgoing, OutgoingFile, Receipt

MESSAGES = "/channels/{channel_id}/messages"
"""Path template of a channel's messages."""
MESSAGE = "/channels/{channel_id}/messages/{message_id}"
"""Path template of one message."""
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
_ANSWER = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
_LOADING = 1 << 7
"""Message flag LOADING: a command's answer that is still owed."""
_ARCHIVED = 50083
_NO_REPLY, _FORM = 160002, 50035
"""Discord's error codes for a reply without access to the history, and for an invalid form body (Opcodes and Status
Codes, JSON)."""

_Verb = Literal["PATCH", "DELETE"]


def channel_of(receipt: Receipt) -> str:
    """Return the channel that a message was posted in."""
    return str(receipt.data.get("channel") or receipt.to.channel)


class Outbox:
    """Creates, edits and deletes messages."""

    def __init__(self, api: Api, threads: Threads, recent: RecentMessages) -> None:
        self._api = api
        self._threads = threads
        self._recent = recent

    async def send(self, to: ConversationRef, message: Outgoing, *, key: str) -> Receipt:
        """Post a message: as the answer a command waits for, else in the conversation's thread or channel."""
        groups = batches(uploads(message.files)) or [[]]
        payload = _payload(message)
        receipt = await self._answer(to, payload, groups[0])
        if receipt is None:
            target = await self._threads.target(to)
            receipt = await self._post(to, target, payload, groups[0], nonce(to, key), message)
        for group in groups[1:]:
            receipt = await self._attach(receipt, {}, group)
        return receipt

    async def _post(
        self,
        to: ConversationRef,
        target: PostTarget,
        payload: Mapping[str, Any],
        files: Sequence[OutgoingFile],
        mark: str,
        message: Outgoing,
    ) -> Receipt:
        told = {**payload, **target.reference, **_new(files), "nonce": mark, "enforce_nonce": True}
        await self._api.show_waiting("POST", MESSAGES, target.channel)
        self._recent.tried(mark)
        try:
            with request(told, files) as arguments:
                posted = await self._api.call("POST", MESSAGES, {"channel_id": target.channel}, **arguments)
        except Forbidden as error:
            if token := tokens.live(to, now=self._api.now()):
                posted = await self._follow_up(to, token, payload, files, error)
            elif payload.get("embeds") and code_of(error) in NO_ACCESS:
                raise _without_embeds(error) from error
            elif (beside := self._threads.beside(to, target, error)) is not None:
                return await self._post(to, beside, payload, files, mark, message)
            else:
                raise
        except Rejected as error:
            if target.reply_to and _is_of_the_reply(error):
                return await self._post(to, PostTarget(target.channel), payload, files, mark, message)
            raise
        else:
            self._threads.wrote(target)
        self._recent.sent(text(posted, "id"), mark)
        receipt = _receipt(to, posted, target.channel, {}, files)
        if self._recent.is_doubtful(mark) and not _says(posted, payload, files):
            # Discord returned the message of an earlier attempt, which may show something else.
            return await self.edit(receipt, message)
        return receipt

    async def _follow_up(
        self,
        to: ConversationRef,
        token: str,
        payload: Mapping[str, Any],
        files: Sequence[OutgoingFile],
        refusal: Forbidden,
    ) -> Json:
        """Post by the token of a command where the bot itself may not write (``refusal``)."""
        ids = {"webhook_id": to.route.get(tokens.APP, ""), "webhook_token": token}
        try:
            with request({**payload, **_new(files)}, files) as arguments:
                found: Json = await self._api.webhook(
                    "POST",
                    _WEBHOOK,
                    ids,
                    **arguments,
                    query={"wait": "true"},
                    answered_by=tokens.answered_by(to.route),
                )
        except Gone as error:
            raise (refusal if code_of(error) in TOKEN_OVER else error) from None
        return found

    async def _answer(
        self, to: ConversationRef, payload: Mapping[str, Any], files: Sequence[OutgoingFile]
    ) -> Receipt | None:
        """Fill in the answer a command waits for; None if it has one, or its token has expired."""
        token = tokens.live(to, now=self._api.now()) if tokens.OWED in to.route else ""
        if not token:
            return None
        ids = {"webhook_id": to.route.get(tokens.APP, ""), "webhook_token": token, "message_id": "@original"}
        with suppress(Gone):  # if it cannot be read, filling it in tells whether it is there
            original = await self._api.webhook("GET", _ANSWER, ids, answered_by=tokens.answered_by(to.route))
            if not number(original, "flags", 0) & _LOADING:
                return None
        try:
            with request({**payload, **_new(files)}, files) as arguments:
                answered = await self._api.webhook("PATCH", _ANSWER, ids, **arguments)
        except Gone:
            return None
        self._recent.sent(text(answered, "id"), "")
        receipt = _receipt(to, answered, to.channel, {}, files)
        route = {name: to.route[name] for name in (tokens.TOKEN, tokens.UNTIL, tokens.APP) if name in to.route}
        return replace(receipt, data={**receipt.data, "route": route})

    async def edit(self, receipt: Receipt, message: Outgoing) -> Receipt:
        """Make the message read as given: text, buttons, and exactly these files. Raises ``Gone`` if it was deleted."""
        there: dict[str, str] = dict(receipt.data.get("files") or {})
        if message.keeps_files:
            return await self._attach(receipt, _payload(message), ())
        changes = file_changes(there, uploads(message.files))
        groups = batches(changes.missing) or [[]]
        receipt = replace(receipt, data={**receipt.data, "files": changes.staying})
        receipt = await self._attach(receipt, _payload(message), groups[0], changed=bool(changes.gone))
        for group in groups[1:]:
            receipt = await self._attach(receipt, {}, group)
        return receipt

    async def _attach(
        self, receipt: Receipt, payload: Mapping[str, Any], files: Sequence[OutgoingFile], *, changed: bool = False
    ) -> Receipt:
        """Make one edit: the payload, and these files beside those the receipt names."""
        attached: dict[str, str] = dict(receipt.data.get("files") or {})
        told = dict(payload)
        if files or changed:
            told["attachments"] = [{"id": id} for id in attached] + _new(files).get("attachments", [])
        try:
            with request(told, files) as arguments:
                edited = await self._change("PATCH", receipt, **arguments)
        except Forbidden as error:
            if told.get("embeds") and code_of(error) in NO_ACCESS:
                raise _without_embeds(error) from error
            raise
        rest = {name: value for name, value in receipt.data.items() if name != "files"}
        data = _receipt(receipt.to, edited, channel_of(receipt), attached, files).data
        return replace(receipt, data={**rest, **data})

    async def delete(self, receipt: Receipt) -> None:
        """Remove the message; one that is gone already is no error."""
        self._recent.deleting(receipt.id)
        try:
            await self._change("DELETE", receipt)
        except Gone:
            return

    async def _change(self, verb: _Verb, receipt: Receipt, **arguments: Any) -> Json:
        """Edit or delete by the interaction's token while it lives, else as the bot."""
        route: dict[str, str] = receipt.data.get("route") or {}
        found: Json
        if token := tokens.live(route, now=self._api.now()):
            ids = {"webhook_id": route.get(tokens.APP, ""), "webhook_token": token, "message_id": receipt.id}
            try:
                found = await self._api.webhook(verb, _ANSWER, ids, **arguments)
            except Gone as error:
                if code_of(error) not in TOKEN_OVER:
                    raise
            else:
                return found or {}
        ids = {"channel_id": channel_of(receipt), "message_id": receipt.id}
        await self._api.show_waiting(verb, MESSAGE, ids["channel_id"])
        try:
            found = await self._api.call(verb, MESSAGE, ids, **arguments)
        except Exception as error:
            if code_of(error) != _ARCHIVED or not await self._threads.wake(ids["channel_id"]):
                raise
            found = await self._api.call(verb, MESSAGE, ids, **arguments)
        return found or {}


def _is_of_the_reply(error: Rejected) -> bool:
    """Return whether Discord would take the message if it were no reply."""
    code = code_of(error)
    return code == _NO_REPLY or (code == _FORM and "message_reference" in str(error))


def _without_embeds(error: Forbidden) -> RefusedForm:
    """Return the error that lets a message be tried without its embeds, for which the bot may lack the permission Embed
    Links. Where it may not write at all, that try is refused as well."""
    return RefusedForm(f"{error}; for pictures by address, cards and plans: Embed Links", ["pictures", "cards", "plan"])


def _payload(message: Outgoing) -> dict[str, Any]:
    payload = body(message)
    shown = payload["content"].strip() or payload["embeds"] or payload["components"] or uploads(message.files)
    if not shown:
        payload["content"] = EMPTY
    return payload


def _new(files: Sequence[OutgoingFile]) -> dict[str, Any]:
    """Return the list of attachments that goes with new files, which gives their full names."""
    if not files:
        return {}
    return {"attachments": [{"id": str(number), "filename": file.name} for number, file in enumerate(files)]}


def _receipt(
    to: ConversationRef, posted: Json, channel: str, attached: Mapping[str, str], files: Sequence[OutgoingFile]
) -> Receipt:
    """Return what is needed to edit the message later. New attachments come in the order they were sent."""
    new = [text(each, "id") for each in items(posted, "attachments") if text(each, "id") not in attached]
    names = {**attached, **dict(zip(new, (file.key for file in files), strict=False))}
    data: dict[str, Any] = {} if channel == to.channel else {"channel": channel}
    if names:
        data["files"] = names
    return Receipt(to=to, id=text(posted, "id"), data=data)


def _says(posted: Json, payload: Mapping[str, Any], files: Sequence[OutgoingFile]) -> bool:
    """Return whether a posted message is known to show what was sent; of embeds it is not."""
    same = text(posted, "content") == payload["content"].strip()
    return same and len(items(posted, "attachments")) == len(files) and not payload["embeds"]

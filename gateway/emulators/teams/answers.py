"""Turns a bot's answer to an invoke into what the person sees: a card, a dialog, a notice or an error."""

import dataclasses
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.attachments import ADAPTIVE
from gateway.emulators.teams.cards import check_card
from gateway.emulators.teams.delivery import Delivery
from gateway.emulators.teams.dialogs import Dialog, Dialogs
from gateway.emulators.teams.values import ApiError, InvokeResult

WENT_WRONG = "Something went wrong. Please try again."
"""What Teams shows when a bot's answer is an error or makes no sense."""
UNREACHABLE = "Unable to reach app. Please try again."
"""What Teams shows when a bot does not answer."""
MESSAGE = "application/vnd.microsoft.activity.message"
"""The type of an Action.Execute's answer that is a notice."""
ERROR = "application/vnd.microsoft.error"
"""The type of an Action.Execute's answer that is an error."""
LOGIN = "application/vnd.microsoft.activity.loginRequest"
"""The type of an Action.Execute's answer that asks the person to sign in."""


def of_message(delivery: Delivery) -> InvokeResult:
    """Return the result of a click that is sent as a message. All that matters is whether it arrived."""
    return InvokeResult(delivery.status, delivery.body, None if delivery.ok else _failed(delivery))


def of_any(delivery: Delivery) -> InvokeResult:
    """Return the result of an invoke that only succeeds or fails. Teams takes 200 for success, with or without a
    body."""
    error = None if delivery.status == 200 else _failed(delivery)
    return InvokeResult(delivery.status, delivery.body, error)


def of_execute(delivery: Delivery) -> InvokeResult:
    """Return the result of an Action.Execute, whose answer is ``{"statusCode", "type", "value"}``."""
    result, body = of_any(delivery), delivery.body
    if result.error is not None:
        return result
    if not isinstance(body, dict) or not isinstance(body.get("statusCode"), int):
        return dataclasses.replace(result, error=WENT_WRONG)
    value = body.get("value")
    match body["statusCode"], body.get("type"):
        case 200, kind if kind == ADAPTIVE:
            return _carded(result, value)
        case 200, kind if kind == MESSAGE and isinstance(value, str):
            return dataclasses.replace(result, message=value)
        case 401, kind if kind == LOGIN:
            return dataclasses.replace(result, message="Sign in")
        case ((400 | 404 | 412 | 500), kind) if kind == ERROR and isinstance(value, dict):
            return dataclasses.replace(result, error=str(value.get("message") or WENT_WRONG))
        case _:
            return dataclasses.replace(result, error=WENT_WRONG)


def _carded(result: InvokeResult, card: Any) -> InvokeResult:
    try:
        check_card(card)
    except ApiError:
        return dataclasses.replace(result, error=WENT_WRONG)
    return dataclasses.replace(result, card=card)


def of_dialog(dialogs: Dialogs, delivery: Delivery, dialog: Dialog) -> InvokeResult:
    """Return the result of task/fetch, task/submit and message/fetchTask: the dialog continues, ends with a notice, or
    closes.

    An open dialog stays open when the bot's answer is wrong, so that nothing typed is lost.
    """
    result, body = of_any(delivery), delivery.body
    if result.error is not None:
        return result
    task = body.get("task") if isinstance(body, dict) else None
    if task is None and body in (None, {}, "") and dialog.id in dialogs.open:
        dialogs.close(dialog.id)
        return result
    match task:
        case {"type": "message", "value": str(text)}:
            dialogs.close(dialog.id)
            return dataclasses.replace(result, message=text)
        case {"type": "continue", "value": dict(info)}:
            return _continued(dialogs, result, dialog, info)
        case _:
            return dataclasses.replace(result, error=WENT_WRONG)


def _continued(dialogs: Dialogs, result: InvokeResult, dialog: Dialog, info: JSON) -> InvokeResult:
    card, url = info.get("card"), info.get("url")
    content = card.get("content") if isinstance(card, dict) and card.get("contentType") == ADAPTIVE else None
    try:
        if content is not None:
            check_card(content)
    except ApiError:
        content = None
    if (content is None) == (not isinstance(url, str)):
        return dataclasses.replace(result, error=WENT_WRONG)
    shown = dataclasses.replace(dialog, title=str(info.get("title") or ""), card=content, url=url)
    dialogs.show(shown)
    return dataclasses.replace(result, dialog=shown.id)


def of_verdict(delivery: Delivery) -> InvokeResult:
    """Return the result of message/submitAction. Teams takes 200 and an empty object; anything in the object is an
    error."""
    result = of_any(delivery)
    if result.error is None and delivery.body not in (None, {}):
        return dataclasses.replace(result, error=WENT_WRONG)
    return result


def _failed(delivery: Delivery) -> str:
    return UNREACHABLE if delivery.status == 0 else WENT_WRONG

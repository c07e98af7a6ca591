"""Renders what people use under a message: buttons, select menus, thumbs. Pure."""

from collections.abc import Sequence

from adapters.slack.limits import (
    ACTIONS_PER_BLOCK,
    BUTTON_LABEL,
    BUTTON_VALUE,
    OPTION_GROUPS,
    OPTION_LABEL,
    OPTION_VALUE,
    OPTIONS,
    PLACEHOLDER,
    SHORTEST_LABEL,
)
from adapters.slack.text_objects import Block, label, plain
from gateway.errors import RefusedForm, Rejected
from gateway.model import Button, Menu

ACTION = "gw:action:"
"""The beginning of the ``action_id`` of the adapter's buttons; other buttons are not answered."""
MENU = "gw:menu:"
"""The beginning of the ``action_id`` of the adapter's menus; the value of the picked option is its token."""
FEEDBACK = "gw:feedback"
"""The ``action_id`` of the feedback control; its values are the token behind ``+`` or ``-``."""

_GROUP = 12
"""Characters of the label of a group of options, at most."""


def _value(token: str, limit: int = BUTTON_VALUE) -> str:
    if len(token) > limit:
        raise Rejected(f"a Slack button carries {limit} characters, this token has {len(token)}")
    return token


def buttons(given: Sequence[Button]) -> list[Block]:
    """Return the ``actions`` blocks of buttons."""
    rows = range(0, len(given), ACTIONS_PER_BLOCK)
    return [_actions(given[at : at + ACTIONS_PER_BLOCK], at) for at in rows]


def _actions(given: Sequence[Button], first: int) -> Block:
    elements: list[Block] = []
    for number, button in enumerate(given, start=first):
        element: Block = {
            "type": "button",
            "action_id": f"{ACTION}{number}",
            "text": plain(button.label),
            "value": _value(button.token),
        }
        if button.style != "default":
            element["style"] = button.style
        if button.tooltip:
            element["accessibility_label"] = label(button.tooltip, BUTTON_LABEL)
        elements.append(element)
    return {"type": "actions", "elements": elements}


def menus(given: Sequence[Menu], room: int) -> list[Block]:
    """Return the ``actions`` block of select menus, with no more than ``room`` characters of text: where they have
    more, the options lose their descriptions first, then the ends of their labels. Raises ``RefusedForm`` for menus
    that cannot be drawn; as buttons they can."""
    options = [option for menu in given for option in menu.options]
    if not options:
        return []
    long = next((option for option in options if len(option.token) > OPTION_VALUE), None)
    if long is not None:
        raise RefusedForm(f"an option carries {OPTION_VALUE} characters, {long.label!r} has more", ["menus"])
    if len({option.token for option in options}) < len(options):
        raise RefusedForm("two options of a menu carry the same token", ["menus"])
    if any(len(menu.options) > OPTIONS * OPTION_GROUPS for menu in given):
        raise RefusedForm(f"a select has at most {OPTIONS * OPTION_GROUPS} options", ["menus"])
    room -= sum(min(len(menu.placeholder), PLACEHOLDER) + _GROUP * (1 + len(menu.options) // OPTIONS) for menu in given)
    size = OPTION_LABEL
    described = sum(len(each.label) + len(each.description) for each in options) <= room
    if not described and sum(len(each.label) for each in options) > room:
        size = room // len(options)
        if size < SHORTEST_LABEL:
            raise RefusedForm(f"{len(options)} options have no place beside the text", ["menus"])
    elements = [_menu(menu, f"{MENU}{number}", size, described=described) for number, menu in enumerate(given)]
    return [{"type": "actions", "elements": elements}]


def _menu(menu: Menu, action_id: str, size: int, *, described: bool) -> Block:
    options: list[Block] = []
    for each in menu.options:
        option: Block = {"text": plain(each.label, min(size, OPTION_LABEL)), "value": each.token}
        if each.description.strip() and described:
            option["description"] = plain(each.description, OPTION_LABEL)
        options.append(option)
    element: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(menu.placeholder, PLACEHOLDER),
    }
    return element | grouped(options)


def grouped(options: Sequence[Block]) -> Block:
    """Return the field that holds a select's options: ``options``, or, for more than one list holds, ``option_groups``
    named by their numbers."""
    if len(options) <= OPTIONS:
        return {"options": list(options)}
    return {
        "option_groups": [
            {
                "label": plain(f"{at + 1} to {min(at + OPTIONS, len(options))}"),
                "options": list(options[at : at + OPTIONS]),
            }
            for at in range(0, len(options), OPTIONS)
        ]
    }


def thumbs(token: str) -> Block:
    """Return the feedback control."""
    token = _value(token, BUTTON_VALUE - 1)

    def thumb(sign: str, face: str, name: str) -> Block:
        return {"text": plain(face), "value": sign + token, "accessibility_label": name}

    control = {
        "type": "feedback_buttons",
        "action_id": FEEDBACK,
        "positive_button": thumb("+", "👍", "Good answer"),
        "negative_button": thumb("-", "👎", "Bad answer"),
    }
    return {"type": "context_actions", "elements": [control]}

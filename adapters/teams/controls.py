"""Renders what people use under a message: buttons and select menus. Pure.

Adaptive Cards have no menu that acts when an option is picked, so each menu has a button that sends the choice. A
card's button sends all inputs of the card (docs adaptive-cards/authoring-cards/input-validation), so each names its
own.
"""

from collections.abc import Sequence
from typing import Any

from adapters.fields import Json, text
from adapters.shortening import cut
from adapters.teams.limits import BUTTON_LABEL, MENU_BYTES, OPTION_TITLE, PLACEHOLDER, SHORTEST_OPTION
from adapters.teams.names import ACTION, MENU
from adapters.teams.sizes import utf16_bytes
from gateway.errors import RefusedForm
from gateway.model import Button, Menu

Element = dict[str, Any]
"""An element of an Adaptive Card."""

_PICK = "Select"
"""The label of the button that sends a menu's choice."""
_INPUT = "gw_menu_"
"""The beginning of the id of a menu's input; its number follows."""


def button_set(buttons: Sequence[Button]) -> list[Element]:
    """Return the element with the buttons of a message, if it has any."""
    return [{"type": "ActionSet", "actions": [_action(button) for button in buttons]}] if buttons else []


def _action(button: Button) -> Element:
    """Return the action of a button. Action.Execute is answered in place, so a notice reaches only the person who
    clicked, in every kind of chat; old clients fall back to Action.Submit, whose data arrives as a message. A dialog
    opens by Action.Submit alone."""
    action: Element = {"title": cut(button.label.strip(), BUTTON_LABEL) or "…"}
    if button.style != "default":
        action["style"] = {"primary": "positive", "danger": "destructive"}[button.style]
    if button.tooltip:
        action["tooltip"] = button.tooltip[:200]
    data = {ACTION: button.token}
    if button.opens_form:
        return {"type": "Action.Submit", **action, "data": {**data, "msteams": {"type": "task/fetch"}}}
    return _executed(action, ACTION, data)


def _executed(action: Element, verb: str, data: Element) -> Element:
    submit = {"type": "Action.Submit", **action, "data": data}
    return {"type": "Action.Execute", **action, "verb": verb, "data": data, "fallback": submit}


def menu_elements(menus: Sequence[Menu]) -> list[Element]:
    """Return the elements of select menus. Where all options together are too large, the ends of their titles are left
    out. Raises ``RefusedForm`` where that is not enough; as buttons in several messages they can be shown."""
    for size in (OPTION_TITLE, OPTION_TITLE // 2, SHORTEST_OPTION):
        made = [part for number, menu in enumerate(menus) for part in _menu(menu, number, size)]
        if utf16_bytes(made) <= MENU_BYTES:
            return made
    count = sum(len(menu.options) for menu in menus)
    raise RefusedForm(f"{count} options are too large for one message", ["menus"])


def _menu(menu: Menu, number: int, size: int) -> list[Element]:
    id = f"{_INPUT}{number}"
    placeholder = cut(menu.placeholder, PLACEHOLDER) or "…"
    choices = [{"title": cut(_title(each.label, each.description), size), "value": each.token} for each in menu.options]
    # A required input would stop every other button of the card.
    chooser: Element = {"type": "Input.ChoiceSet", "id": id, "style": "compact", "placeholder": placeholder}
    action = _executed({"title": _PICK, "tooltip": placeholder[:200]}, MENU, {MENU: id})
    return [{**chooser, "choices": choices}, {"type": "ActionSet", "spacing": "Small", "actions": [action]}]


def _title(label: str, description: str) -> str:
    """Return the title of a choice, which has one line only."""
    label, description = " ".join(label.split()) or "…", " ".join(description.split())
    return f"{label} - {description}" if description else label


def token_in(data: Json) -> str:
    """Return the token that a button or a menu sends; empty for neither, and for a menu with nothing picked."""
    return text(data, ACTION) or (text(data, _menu_in(data)) if _menu_in(data) else "")


def lacks_choice(data: Json) -> bool:
    """Return whether the data is that of a menu of which no option is picked."""
    return bool(_menu_in(data)) and not token_in(data)


def is_control(data: Json) -> bool:
    """Return whether the data is that of a button or a menu of the adapter."""
    return bool(text(data, ACTION) or _menu_in(data))


def _menu_in(data: Json) -> str:
    """Return the id of the input of the menu whose button was used; empty for no menu."""
    id = text(data, MENU)
    return id if id.startswith(_INPUT) else ""

"""Checks Adaptive Cards as Teams takes them from a bot (schema 1.5), and walks through their elements and actions.

https://adaptivecards.io/explorer,
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference. Teams shows at most
six actions of a set and puts the others behind an overflow menu.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.teams.values import ApiError, bad_syntax

MAX_VERSION = (1, 5)
"""The newest schema version that Teams takes from a bot (Teams' cards reference)."""
MAX_DEPTH = 20
"""Levels of nested elements this emulator accepts; Teams names no number."""
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})")

LISTS = {
    "Container": "items",
    "ColumnSet": "columns",
    "Column": "items",
    "Table": "rows",
    "TableRow": "cells",
    "TableCell": "items",
    "ImageSet": "images",
}
"""The elements that contain others, and the name of the field that lists them."""
_CHILDREN = {
    "ColumnSet": {"Column"},
    "Table": {"TableRow"},
    "TableRow": {"TableCell"},
    "ImageSet": {"Image"},
}
_TOP = {"TextBlock", "RichTextBlock", "Image", "Media", "Container", "ColumnSet", "FactSet", "ImageSet", "ActionSet"}
INPUTS = {"Input.Text", "Input.Number", "Input.Date", "Input.Time", "Input.Toggle", "Input.ChoiceSet"}
"""The types of inputs."""
_TOP |= INPUTS | {"Table"}
ACTIONS = {"Action.Execute", "Action.Submit", "Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"}
"""The types of actions that Teams supports."""


def refused(path: str, message: str) -> ApiError:
    """Return the error of a card that is wrong at ``path``."""
    return bad_syntax(f"Adaptive card is invalid: {path}: {message}")


def check_card(card: Any) -> None:
    """Raise ``ApiError`` for a card that Teams would not take."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise bad_syntax("Adaptive card is invalid: property 'type' must be 'AdaptiveCard'")
    version = card.get("version")
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        raise bad_syntax("Adaptive card is invalid: property 'version' is missing or malformed")
    if (int(match[1]), int(match[2])) > MAX_VERSION:
        raise bad_syntax(f"Adaptive card is invalid: version {version} is not supported")
    ids: set[str] = set()
    _check_card(card, "card", ids, 0)


def _check_card(card: JSON, path: str, ids: set[str], depth: int) -> None:
    for name, element in _listed(card, "body", path):
        _check_element(element, name, ids, depth, _TOP)
    for name, action in _listed(card, "actions", path):
        _check_action(action, name, ids, depth)
    if not card.get("body") and not card.get("actions"):
        raise refused(path, "it has neither a body nor actions")


def _check_element(element: JSON, path: str, ids: set[str], depth: int, allowed: set[str]) -> None:
    if depth > MAX_DEPTH:
        raise refused(path, "nested too deeply")
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in allowed:
        raise refused(path, f"unknown element type {kind!r}")
    if "selectAction" in element:
        action = _object(element["selectAction"], f"{path}.selectAction")
        if action.get("type") == "Action.ShowCard":
            raise refused(f"{path}.selectAction", "Action.ShowCard is not supported here")
        _check_action(action, f"{path}.selectAction", ids, depth)
    if kind in LISTS:
        for name, child in _listed(element, LISTS[kind], path):
            # Columns, rows and cells may leave their type out: their parent implies it.
            expected = _CHILDREN.get(kind, _TOP)
            if kind in _CHILDREN and "type" not in child:
                child = {**child, "type": next(iter(expected))}
            _check_element(child, name, ids, depth + 1, expected)
    if kind in INPUTS:
        _check_input(element, path, ids)
    check = _CHECKS.get(kind)
    if check is not None:
        check(element, path)
    if kind == "ActionSet":
        for name, action in _listed(element, "actions", path):
            _check_action(action, name, ids, depth + 1)


def _check_action(action: JSON, path: str, ids: set[str], depth: int) -> None:
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in ACTIONS:
        raise refused(path, f"unknown action type {kind!r}")
    if kind == "Action.OpenUrl" and not isinstance(action.get("url"), str):
        raise refused(path, "property 'url' is required")
    if kind == "Action.ToggleVisibility":
        _check_targets(action.get("targetElements"), path)
    if kind == "Action.Execute" and not isinstance(action.get("verb", ""), str):
        raise refused(path, "property 'verb' must be a string")
    if kind == "Action.ShowCard":
        if depth > MAX_DEPTH:
            raise refused(path, "nested too deeply")
        _check_card(_object(action.get("card"), f"{path}.card"), f"{path}.card", ids, depth + 1)


def _check_targets(given: Any, path: str) -> None:
    if not isinstance(given, list):
        raise refused(path, "property 'targetElements' is required")
    for target in given:
        named = target.get("elementId") if isinstance(target, dict) else target
        if not isinstance(named, str) or not named:
            raise refused(path, "a target element is an id or an object with an elementId")


def _check_input(element: JSON, path: str, ids: set[str]) -> None:
    given = element.get("id")
    if not isinstance(given, str) or not given:
        raise refused(path, "property 'id' is required")
    if given in ids:
        raise refused(path, f"id {given!r} is used twice")
    ids.add(given)
    if not isinstance(element.get("maxLength", 0), int):
        raise refused(path, "property 'maxLength' must be a whole number")
    if element["type"] == "Input.Number":
        for name in ("min", "max", "value"):
            if name in element and (isinstance(element[name], bool) or not isinstance(element[name], int | float)):
                raise refused(path, f"property {name!r} must be a number")
    if element["type"] in ("Input.Date", "Input.Time") and not all(
        isinstance(element.get(name, ""), str) for name in ("min", "max")
    ):
        raise refused(path, "properties 'min' and 'max' must be strings")
    if element["type"] == "Input.Toggle" and not isinstance(element.get("title"), str):
        raise refused(path, "property 'title' is required")
    if element["type"] == "Input.ChoiceSet":
        for name, choice in _listed(element, "choices", path):
            if not isinstance(choice.get("title"), str) or not isinstance(choice.get("value"), str):
                raise refused(name, "a choice needs a title and a value")


def _check_text(element: JSON, path: str) -> None:
    if not isinstance(element.get("text"), str):
        raise refused(path, "property 'text' is required")


def _check_rich_text(element: JSON, path: str) -> None:
    inlines = element.get("inlines")
    if not isinstance(inlines, list):
        raise refused(path, "property 'inlines' is required")
    for inline in inlines:
        run = isinstance(inline, dict) and inline.get("type") == "TextRun" and isinstance(inline.get("text"), str)
        if not isinstance(inline, str) and not run:
            raise refused(path, "an inline is a string or a TextRun")


def _check_image(element: JSON, path: str) -> None:
    url = element.get("url")
    if not isinstance(url, str) or not url.startswith(("https://", "data:image/")):
        raise refused(path, "property 'url' must be an https address or a data URI")


def _check_facts(element: JSON, path: str) -> None:
    for name, fact in _listed(element, "facts", path):
        if not isinstance(fact.get("title"), str) or not isinstance(fact.get("value"), str):
            raise refused(name, "a fact needs a title and a value")


def _check_media(element: JSON, path: str) -> None:
    if not element.get("sources"):
        raise refused(path, "property 'sources' is required")
    for name, source in _listed(element, "sources", path):
        if not isinstance(source.get("url"), str):
            raise refused(name, "property 'url' is required")


_CHECKS: dict[str, Callable[[JSON, str], None]] = {
    "TextBlock": _check_text,
    "RichTextBlock": _check_rich_text,
    "Image": _check_image,
    "FactSet": _check_facts,
    "Media": _check_media,
}


def _listed(parent: JSON, field: str, path: str) -> Iterator[tuple[str, JSON]]:
    given = parent.get(field)
    if given is None:
        return
    if not isinstance(given, list):
        raise refused(path, f"property {field!r} must be a list")
    for number, item in enumerate(given):
        yield f"{path}.{field}[{number}]", _object(item, f"{path}.{field}[{number}]")


def _object(given: Any, path: str) -> JSON:
    if not isinstance(given, dict):
        raise refused(path, "must be an object")
    return given


# -- walking through a card


def actions(card: JSON) -> Iterator[JSON]:
    """Yield every action of a card in reading order. The actions of a card behind a ShowCard follow it."""
    for element in elements(card):
        if isinstance(element.get("selectAction"), dict):
            yield element["selectAction"]
        if element.get("type") == "ActionSet":
            yield from _with_shown(element.get("actions", ()))
    yield from _with_shown(card.get("actions", ()))


def _with_shown(given: Any) -> Iterator[JSON]:
    for action in given:
        yield action
        if action.get("type") == "Action.ShowCard":
            yield from actions(action["card"])


def elements(card: JSON) -> Iterator[JSON]:
    """Yield every element of a card's body, outer ones before inner ones."""
    waiting = list(reversed(card.get("body", ())))
    while waiting:
        element = waiting.pop()
        yield element
        waiting += reversed(element.get(LISTS.get(element.get("type", ""), ""), None) or ())
        if "type" not in element:  # a column, a row or a cell
            waiting += reversed(element.get("items") or element.get("cells") or ())


def inputs(card: JSON) -> Iterator[JSON]:
    """Yield the inputs of a card, and those of the cards it can show."""
    yield from own_inputs(card)
    for shown in _shown_by(card):
        yield from inputs(shown)


def own_inputs(card: JSON) -> Iterator[JSON]:
    """Yield the inputs of a card without those of the cards it can show."""
    return (element for element in elements(card) if element.get("type") in INPUTS)


def inputs_of(card: JSON, action: JSON) -> list[JSON] | None:
    """Return the inputs an action submits, or None when the card does not contain the action.

    These are the inputs of its own card and of the cards around it, not of other cards that can be shown beside it
    (https://learn.microsoft.com/adaptive-cards/authoring-cards/input-validation).
    """
    for shown in _shown_by(card):
        found = inputs_of(shown, action)
        if found is not None:
            return [*own_inputs(card), *found]
    return list(own_inputs(card)) if any(each is action for each in actions(card)) else None


def _shown_by(card: JSON) -> Iterator[JSON]:
    """Yield the cards that this card's own actions show."""
    inner: set[int] = set()
    for action in actions(card):
        if id(action) in inner:
            continue
        if action.get("type") == "Action.ShowCard":
            inner |= {id(each) for each in actions(action["card"])}
            yield action["card"]

"""Checks the forms a bot opens as Discord checks them.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-modal.
"""

from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import Path
from gateway.emulators.discord.fields import Fields

MAX_TITLE = 45
"""Characters of a form's title (Discord's guide on interactions, modal)."""
MAX_TOP = 5
"""Components at the top of a form (Discord's guide on interactions, modal)."""
ROW, TEXT, LABEL = 1, 10, 18
"""Component types at the top of a form (Discord's component reference)."""
SELECTS = (3, 5, 6, 7, 8)
"""The types of select menus: strings, users, roles, users and roles, channels."""
TEXT_INPUT, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 4, 19, 21, 22, 23
"""Component types of a form's inputs (Discord's component reference)."""
_IN_LABEL = (3, 4, 5, 6, 7, 8, 19, 21, 22, 23)


def check(data: JSON, checker: Checker) -> JSON:
    """Return a form as Discord stores it, and record its errors in the checker."""
    fields = Fields(checker, modal=True)
    title = checker.string(data.get("title"), ("title",), least=1, most=MAX_TITLE, required=True)
    custom_id = checker.string(data.get("custom_id"), ("custom_id",), least=1, most=100, required=True)
    top: list[JSON] = []
    items = checker.items(data.get("components"), ("components",), least=1, most=MAX_TOP, required=True)
    for index, item in enumerate(items):
        path: Path = ("components", index)
        found = _typed(checker, item, path, (ROW, TEXT, LABEL))
        if found is not None:
            top.append({"type": found["type"], **_top(checker, fields, found, path)})
    _number(top)
    return {"title": title, "custom_id": custom_id, "components": top}


def inputs(form: JSON) -> list[JSON]:
    """Return the inputs of a form, each with the ``label`` a person reads above it."""
    out: list[JSON] = []
    for each in form["components"]:
        if each["type"] == LABEL and each["component"] is not None:
            out.append({**each["component"], "label": each["label"]})
        elif each["type"] == ROW:
            out += each["components"]
    return out


def _top(checker: Checker, fields: Fields, found: JSON, path: Path) -> JSON:
    if found["type"] == TEXT:
        content = checker.string(found.get("content"), (*path, "content"), least=1, most=4000, required=True)
        return {"content": content, "id": _id(checker, found, path)}
    if found["type"] == ROW:
        where: Path = (*path, "components")
        rows: list[JSON] = []
        for index, item in enumerate(checker.items(found.get("components"), where, least=1, most=1, required=True)):
            inner = _typed(checker, item, (*where, index), (TEXT_INPUT,))
            if inner is not None:
                if inner.get("label") is None:
                    checker.required((*where, index, "label"))
                rows.append(_input(checker, fields, inner, (*where, index)))
        return {"components": rows, "id": _id(checker, found, path)}
    label = checker.string(found.get("label"), (*path, "label"), least=1, most=45, required=True)
    description = checker.string(found.get("description"), (*path, "description"), least=1, most=100)
    component = found.get("component")
    inner = _typed(checker, component, (*path, "component"), _IN_LABEL) if component is not None else None
    if component is None:
        checker.required((*path, "component"))
    return {
        "id": _id(checker, found, path),
        "label": label,
        "description": description,
        "component": None if inner is None else _input(checker, fields, inner, (*path, "component")),
    }


def _input(checker: Checker, fields: Fields, model: JSON, path: Path) -> JSON:
    kinds = {
        TEXT_INPUT: fields.text_input,
        FILE_UPLOAD: fields.file_upload,
        RADIO_GROUP: fields.radio_group,
        CHECKBOX_GROUP: fields.checkbox_group,
        CHECKBOX: fields.checkbox,
        **dict.fromkeys(SELECTS, fields.select),
    }
    return {"type": model["type"], "id": _id(checker, model, path), **kinds[model["type"]](model, path)}


def _typed(checker: Checker, given: Any, path: Path, allowed: tuple[int, ...]) -> JSON | None:
    model = checker.model(given, path)
    if model is None:
        return None
    if not isinstance(model.get("type"), int) or model["type"] not in allowed:
        choices = ", ".join(str(each) for each in allowed)
        only = f"({choices},)" if len(allowed) == 1 else f"({choices})"
        checker.fail(path, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {only}.')
        return None
    return model


def _id(checker: Checker, model: JSON, path: Path) -> int:
    return checker.integer(model.get("id"), (*path, "id"), least=0, most=2**31 - 1, default=0)


def _number(top: list[JSON]) -> None:
    """Give an id to each component that has none, in order."""
    every: list[JSON] = []
    for each in top:
        inner = [each["component"]] if each.get("component") else each.get("components", [])
        every += [each, *inner]
    taken = {each["id"] for each in every}
    following = 1
    for each in every:
        if not each["id"]:
            while following in taken:
                following += 1
            each["id"] = following
            taken.add(following)

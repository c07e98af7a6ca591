"""What a person reads in the emulated Teams: a message's text, or its card's, as near to Markdown as it gets."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from gateway.model import TASK_ICONS

Json = Mapping[str, Any]
CARD = "application/vnd.microsoft.card.adaptive"
"""Content type of an Adaptive Card."""
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
"""Content type of a card that asks for consent to a file."""
FILE = "application/vnd.microsoft.teams.card.file.info"
"""Content type of a card that shows a file in OneDrive."""
MENU = "gw_menu"
"""Field in the data of a button that belongs to a menu: the id of the menu's input."""
SIGNS = ("gw_steps_open", "gw_steps_close")


def cards(message: Json) -> list[Json]:
    """Return the Adaptive Cards of a message."""
    return [each["content"] for each in message.get("attachments") or () if each["contentType"] == CARD]


def read(message: Json) -> str:
    """Return the text of a message without the marks that only keep a mention from being one, or lines apart, and
    without the name above a player."""
    if players(message):
        return ""
    parts = [message.get("text") or "", *(block for card in cards(message) for block in _blocks(card.get("body", ())))]
    return "\n\n".join(part for part in parts if part).replace("\u200b", "").replace("  \n", "\n").strip()


def _blocks(body: Any) -> Iterator[str]:
    for element in body:
        match element["type"]:
            case "TextBlock":
                yield f"**{element['text']}**" if element.get("style") == "heading" else element["text"]
            case "Table":
                yield "\n".join(_rows(element))
            case "Container" if _is_code(element):
                code = "".join(run["text"] for each in element["items"] for run in each["inlines"])
                yield f"```\n{code}\n```"


def _rows(table: Json) -> Iterator[str]:
    for number, row in enumerate(table["rows"]):
        cells = [cell["items"][0]["text"].strip() for cell in row["cells"]]
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|---" * len(cells) + "|"


def _is_code(container: Json) -> bool:
    return all(each["type"] == "RichTextBlock" for each in container["items"])


def _elements(message: Json, kind: str) -> list[Json]:
    return [each for card in cards(message) for each in card.get("body", ()) if each["type"] == kind]


def shown_buttons(message: Json) -> list[str]:
    """Return the labels of a message's buttons; those that send a menu's choice are not among them."""
    actions = [action for each in _elements(message, "ActionSet") for action in each["actions"]]
    return [action["title"] for action in actions if MENU not in action["data"]]


def menus(message: Json) -> tuple[tuple[str, ...], ...]:
    """Return the labels of the options of each menu of a message."""
    return tuple(tuple(each["title"] for each in menu["choices"]) for menu in _elements(message, "Input.ChoiceSet"))


def menu_with(message: Json, label: str) -> tuple[Json, Json] | None:
    """Return the input of the menu that has this option, and the action that sends its choice."""
    for card in cards(message):
        for chooser, actions in pairwise(card.get("body", ())):
            if label in [each["title"] for each in chooser.get("choices", ())]:
                return chooser, actions["actions"][0]
    return None


def players(message: Json) -> list[str]:
    """Return the names of what a message plays."""
    return [each["altText"] for each in _elements(message, "Media")]


def boxes(message: Json) -> tuple[str, ...]:
    """Return the cards of a message, each as lines a person reads."""
    found = [each for each in _elements(message, "Container") if each.get("style") == "emphasis"]
    return tuple("\n".join(_box(each)) for each in found if not _is_code(each))


def _box(box: Json) -> Iterator[str]:
    for item in box["items"]:
        match item["type"]:
            case "FactSet":
                yield from (f"{unescaped(each['title'])}: {unescaped(each['value'])}" for each in item["facts"])
            case "Image":
                yield item["url"]
            case _:
                yield from (unescaped(each) for each in _blocks([item]))


def plan(message: Json) -> tuple[str, ...]:
    """Return the plan of a message as lines a person reads, its steps opened."""
    found: list[str] = []
    for card in cards(message):
        for element in card.get("body", ()):
            if element["type"] == "ColumnSet":
                found.append(_row(element))
            elif element["type"] == "Container" and "style" not in element:
                found += [_row(each) if each["type"] == "ColumnSet" else _one(each) for each in element["items"]]
    return tuple(_headed(found))


def _headed(lines: list[str]) -> Iterator[str]:
    """Yield the lines with the title and the status, which stand above the tasks, in the first one."""
    icons = tuple(TASK_ICONS.values())
    at = next((at for at, line in enumerate(lines) if line.lstrip("↳ ").startswith(icons)), len(lines))
    head = [line for line in lines[:at] if not line.startswith("…")]
    if lines:
        yield " · ".join(head)
    yield from (line for line in lines[:at] if line.startswith("…"))
    yield from lines[at:]


def _row(row: Json) -> str:
    """Return a row of columns on one line, without signs that are hidden or only open something."""
    words = [
        ": ".join(_one(item) for item in column["items"] if item.get("id") not in SIGNS) for column in row["columns"]
    ]
    return " ".join(each for each in words if each)


def _one(block: Json) -> str:
    return unescaped(block["text"])


def unescaped(text: str) -> str:
    """Return the text without the marks that keep plain text from being Markdown, or a mention."""
    return re.sub(r"\\([\\`*_\[\]])", r"\1", text).replace("\u200b", "")


def inputs(card: Json) -> dict[str, Json]:
    """Return the inputs of a dialog's card by their labels, or titles where they have none."""
    found = [each for each in card["body"] if each["type"].startswith("Input.")]
    return {each.get("label") or each["title"]: each for each in found}

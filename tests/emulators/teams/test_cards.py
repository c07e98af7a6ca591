"""Adaptive Cards: what of the schema is taken, and what is refused by its path."""

from typing import Any

import pytest

from gateway.emulators.teams.emulator import TeamsEmulator
from tests.emulators.teams.bot import JSON, Api, card, error_of, execute, submit, text_block

URL = "https://example.com/a.png"


def action_set(*actions: JSON) -> JSON:
    return {"type": "ActionSet", "actions": list(actions)}


def nested(depth: int) -> JSON:
    inner = text_block()
    for _ in range(depth):
        inner = {"type": "Container", "items": [inner]}
    return inner


def choice_set(*choices: JSON, id: str = "pick") -> JSON:
    return {"type": "Input.ChoiceSet", "id": id, "choices": list(choices)}


SHOW: JSON = {"type": "Action.ShowCard", "title": "More"}
TABLE: JSON = {
    "type": "Table",
    "columns": [{"width": 1}],
    "rows": [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [text_block()]}]}],
}
GOOD: dict[str, JSON] = {
    "text": card(text_block()),
    "old": card(text_block(), version="1.0"),
    "table": card(TABLE),
    "facts": card({"type": "FactSet", "facts": [{"title": "a", "value": "b"}]}),
    "columns": card({"type": "ColumnSet", "columns": [{"width": "auto", "items": [text_block()]}]}),
    "images": card(
        {"type": "ImageSet", "images": [{"url": URL}]}, {"type": "Image", "url": "data:image/png;base64,AA"}
    ),
    "rich text": card({"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b"}]}),
    "inputs": card(
        {"type": "Input.Text", "id": "a"},
        {"type": "Input.Number", "id": "b", "min": 1, "max": 2.5},
        {"type": "Input.Date", "id": "c"},
        {"type": "Input.Time", "id": "d"},
        {"type": "Input.Toggle", "id": "e", "title": "On"},
        choice_set({"title": "A", "value": "a"}),
    ),
    "actions": card(
        action_set(execute(), submit()),
        actions=(
            {"type": "Action.OpenUrl", "title": "Open", "url": URL},
            {"type": "Action.ToggleVisibility", "title": "Hide", "targetElements": ["a"]},
            {**SHOW, "card": card({"type": "Input.Text", "id": "a"}, actions=(submit(),))["content"]},
        ),
    ),
    "only actions": card(actions=(execute(),)),
    "select action": card({"type": "Container", "items": [], "selectAction": execute()}),
    "nested": card(nested(20)),
}
BAD: dict[str, JSON] = {
    "no card": {**card(), "content": None},
    "another type": {**card(), "content": {"type": "Card", "version": "1.5", "body": [text_block()]}},
    "no version": card(text_block(), version=""),
    "too new": card(text_block(), version="1.6"),
    "empty": card(),
    "body no list": {**card(), "content": {"type": "AdaptiveCard", "version": "1.5", "body": {}}},
    "unknown element": card({"type": "Carousel"}),
    "element of no type": card({"text": "x"}),
    "element no object": card("x"),  # type: ignore[arg-type]
    "text without text": card({"type": "TextBlock"}),
    "cell in the body": card({"type": "TableCell", "items": []}),
    "image by http": card({"type": "Image", "url": "http://example.com/a.png"}),
    "fact without value": card({"type": "FactSet", "facts": [{"title": "a"}]}),
    "rich text without inlines": card({"type": "RichTextBlock"}),
    "media without sources": card({"type": "Media"}),
    "media without url": card({"type": "Media", "sources": [{}]}),
    "input without id": card({"type": "Input.Text"}),
    "same id twice": card({"type": "Input.Text", "id": "a"}, {"type": "Input.Date", "id": "a"}),
    "toggle without title": card({"type": "Input.Toggle", "id": "a"}),
    "number as text": card({"type": "Input.Number", "id": "a", "min": "1"}),
    "choice without value": card(choice_set({"title": "A"})),
    "unknown action": card(actions=({"type": "Action.Http", "title": "x"},)),
    "link without url": card(actions=({"type": "Action.OpenUrl", "title": "x"},)),
    "toggle without targets": card(actions=({"type": "Action.ToggleVisibility", "title": "x"},)),
    "toggle with a target of no id": card(
        actions=({"type": "Action.ToggleVisibility", "title": "x", "targetElements": [{"isVisible": True}]},)
    ),
    "card shown by an element": card({"type": "Container", "items": [], "selectAction": {**SHOW, "card": card()}}),
    "verb no string": card(actions=({"type": "Action.Execute", "title": "x", "verb": 1},)),
    "shown card empty": card(actions=({**SHOW, "card": {"type": "AdaptiveCard"}},)),
    "unknown element in a table": card({**TABLE, "rows": [{"cells": [{"items": [{"type": "Nope"}]}]}]}),
    "nested too deeply": card(nested(21)),
}


@pytest.mark.parametrize("name", GOOD)
async def test_a_card_teams_takes(emulator: TeamsEmulator, api: Api, name: str) -> None:
    assert (await api.send(emulator.personal().id, attachments=[GOOD[name]]))[0] == 201


@pytest.mark.parametrize("name", BAD)
async def test_a_card_teams_refuses(emulator: TeamsEmulator, api: Api, name: str) -> None:
    status, code, text = error_of(await api.send(emulator.personal().id, attachments=[BAD[name]]))
    assert (status, code) == (400, "BadSyntax")
    assert text.startswith("Adaptive card is invalid: ")


async def test_a_refusal_says_where(emulator: TeamsEmulator, api: Api) -> None:
    wrong: Any = card(text_block(), {"type": "Container", "items": [text_block(), {"type": "Nope"}]})
    _, _, text = error_of(await api.send(emulator.personal().id, attachments=[wrong]))
    assert text == "Adaptive card is invalid: card.body[1].items[1]: unknown element type 'Nope'"

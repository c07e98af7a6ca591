"""What a person reads in the emulated Teams: a message's text, or its card's, as near to Markdown as it gets."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.teams.names import CARD

Json = Mapping[str, Any]


def cards(message: Json) -> list[Json]:
    """Return the Adaptive Cards of a message."""
    return [each["content"] for each in message.get("attachments") or () if each["contentType"] == CARD]


def read(message: Json) -> str:
    """Return the text of a message without the marks that only keep a mention from being one, or lines apart."""
    parts = [message.get("text") or "", *(block for card in cards(message) for block in _blocks(card.get("body", ())))]
    return "\n\n".join(part for part in parts if part).replace("\u200b", "").replace("  \n", "\n").strip()


def _blocks(body: Any) -> Iterator[str]:
    for element in body:
        match element["type"]:
            case "TextBlock":
                yield f"**{element['text']}**" if element.get("style") == "heading" else element["text"]
            case "Table":
                yield "\n".join(_rows(element))
            case "Container":
                code = "".join(run["text"] for each in element["items"] for run in each["inlines"])
                yield f"```\n{code}\n```"


def _rows(table: Json) -> Iterator[str]:
    for number, row in enumerate(table["rows"]):
        cells = [cell["items"][0]["text"].strip() for cell in row["cells"]]
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|---" * len(cells) + "|"


def shown_buttons(message: Json) -> list[str]:
    """Return the labels of a message's buttons."""
    sets = [each for card in cards(message) for each in card.get("body", ()) if each["type"] == "ActionSet"]
    return [action["title"] for each in sets for action in each["actions"]]


def inputs(card: Json) -> dict[str, Json]:
    """Return the inputs of a dialog's card by their labels, or titles where they have none."""
    found = [each for each in card["body"] if each["type"].startswith("Input.")]
    return {each.get("label") or each["title"]: each for each in found}

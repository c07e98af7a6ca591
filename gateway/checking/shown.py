"""How the parts of the API look on each platform, in the words of ``docs/platforms.md``, as a test proves."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

PLATFORMS = ("Slack", "Discord", "Teams")
"""The platforms, in the order of a row's cells."""

THE_SAME = "the same"
"""A cell that says what the first one says."""


class Row(NamedTuple):
    """One line of the table."""

    part: str
    """The part of the API, as Markdown."""
    cells: tuple[str, str, str]
    """What each of ``PLATFORMS`` shows."""


ROWS = (
    Row(
        "`stream_token`",
        (
            "native stream in threads, else edits",
            "edits",
            "native in personal chats, else edits",
        ),
    ),
    Row(
        "`File`, `Pdf`",
        (
            "native file",
            "native attachment",
            "native file by consent in personal chats, else a link",
        ),
    ),
    Row(
        "`Image`, `Pyplot`, the PNG of `Plotly`",
        (
            "native picture",
            "native picture",
            "native picture",
        ),
    ),
    Row(
        "`Audio`, `Video`",
        (
            "native file with a player",
            "native attachment with a player",
            "a card with a player for addresses on YouTube, Vimeo, Dailymotion, OneDrive and SharePoint; else "
            "a file, as above, which plays where it opens",
        ),
    ),
    Row(
        "`Text`",
        (
            "the text, or a code block; a long one is a file",
            "the same",
            "the same",
        ),
    ),
    Row(
        "`Dataframe`",
        (
            "native table; a larger one its head and a CSV file",
            "an aligned code block; a larger one its head and a CSV file",
            "the card's own table; a larger one its head and a CSV file",
        ),
    ),
    Row(
        "`Plotly`",
        (
            "picture and an HTML file",
            "the same",
            "the same",
        ),
    ),
    Row(
        "`CustomElement`",
        (
            "native box with values and picture; as text where it has more than fits into one",
            "native box (embed) with values and picture; as text where it has more than fits",
            "native box on the card, with values and picture; as text where it has more than fits",
        ),
    ),
    Row(
        '`display="side"`, `"page"`',
        (
            "a file, which the text names or a line below it",
            "the same",
            "the same",
        ),
    ),
    Row(
        "`Action`",
        (
            "native button",
            "native button",
            "native button of a card",
        ),
    ),
    Row(
        "`AskActionMessage` up to 5 actions",
        (
            "native buttons",
            "native buttons",
            "native buttons of a card",
        ),
    ),
    Row(
        "`AskActionMessage` above 5 actions",
        (
            "a select menu, see there",
            "a select menu, see there",
            "a select menu, see there",
        ),
    ),
    Row(
        "`AskElementMessage`",
        (
            "card with buttons and a modal",
            "card with buttons and a modal, five fields a page",
            "card with buttons and a dialog",
        ),
    ),
    Row(
        "`AskFileMessage`",
        (
            "upload form, or a file attached to a reply",
            "upload form, or a file attached to a reply",
            "a file attached to a reply",
        ),
    ),
    Row(
        "`@on_feedback`",
        (
            "native thumbs, comment in a form",
            "buttons 👍 👎, comment in a form",
            "native thumbs with comment",
        ),
    ),
    Row(
        "`Step`, `@step`",
        (
            "native task cards in the stream that is open, else one collapsed box in small print that is "
            "edited; of more than fit the newest stay",
            "one message of small print that is edited; of more than fit the newest stay",
            "a section of a card that opens at a click, of one message that is edited; of more than fit the "
            "newest stay",
        ),
    ),
    Row(
        "`Step.remove()`",
        (
            "off the list; what is in a stream stays",
            "off the list",
            "off the list",
        ),
    ),
    Row(
        "`TaskList`",
        (
            "native plan that is edited, with details and outputs to open; of more than 50 tasks the last "
            "line counts the rest",
            "an embed with a line for each task that is edited; of what does not fit the last line counts the rest",
            "a card that is edited, a row with the icon of its state for each task; of more than 50 tasks the "
            "last row counts the rest",
        ),
    ),
    Row(
        "`Task.forId`",
        (
            "kept, no link",
            "kept, no link",
            "kept, no link",
        ),
    ),
    Row(
        "`author=`",
        (
            "native name",
            "above the text",
            "above the text",
        ),
    ),
    Row(
        "`ChatSettings`",
        (
            "button that opens a modal",
            "button that opens a modal, five fields a page",
            "button that opens a dialog",
        ),
    ),
    Row(
        "`Slider`, `NumberInput`",
        (
            "number field",
            "text field, checked",
            "number field",
        ),
    ),
    Row(
        "a `Select` with many options",
        (
            "menu up to 1,000 (above 100 in groups), else a text field that takes an option's label",
            "menu up to 25, else such a text field",
            "menu up to 100, else such a text field",
        ),
    ),
    Row(
        "`Tags`",
        (
            "text field, one tag per line or with commas",
            "text field, one tag per line or with commas",
            "text field, one tag per line or with commas",
        ),
    ),
    Row(
        "`@set_chat_profiles`",
        (
            "cards with a button each",
            "cards with a button each",
            "cards with a button each",
        ),
    ),
    Row(
        "`@set_starters`",
        (
            "up to 4 suggested prompts for whoever opens the direct messages, else buttons",
            "buttons",
            "suggested actions for whoever opens the chat, else buttons",
        ),
    ),
    Row(
        "`set_commands`",
        (
            "behind the app's slash command, which alone lists them: `/my-bot id text`, or written: `@bot /id text`",
            "slash commands, registered when they change, or written",
            "written: `/id text`",
        ),
    ),
    Row(
        "`@author_rename`",
        (
            "as `author=`",
            "as `author=`",
            "as `author=`",
        ),
    ),
    Row(
        "`history(limit)`",
        (
            "read from Slack",
            "read from Discord",
            "what the gateway keeps",
        ),
    ),
    Row(
        "`message.react(emoji)`",
        (
            "native reaction",
            "native reaction",
            "none: returns False",
        ),
    ),
    Row(
        "`context.set_title(title)`",
        (
            "title of the agent session",
            "name of the thread",
            "none: returns False",
        ),
    ),
    Row(
        "`@on_reaction`",
        (
            "on any message of the conversation",
            "on any message of the conversation",
            "on the bot's messages",
        ),
    ),
)
"""The lines of the page's table that begin with a name of the API, but for those that say the same of all platforms."""


def named(part: str) -> Sequence[str]:
    """Return the names of the API in the first cell of a row, such as ``Step.remove`` or ``stream_token``."""
    return re.findall(r"`@?([\w.]+)[^`]*`", part)


def _by_name() -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = {}
    for row in ROWS:
        for name in {each.casefold() for each in named(row.part)}:
            found.setdefault(name, []).append(row)
    return found


_ROWS = _by_name()


def degradation(name: str) -> str | None:
    """Return how a part of the API looks where it is not the platform's own; None where it is everywhere, or where
    nothing is known of it.

    ``name``: as the table has it, capitals aside: ``Dataframe``, ``message.react``.
    """
    return "; ".join(words for row in _ROWS.get(name.casefold(), ()) if (words := _words(row))) or None


def _words(row: Row) -> str:
    first = row.cells[0]
    places: dict[str, list[str]] = {}
    for platform, cell in zip(PLATFORMS, row.cells, strict=True):
        cell = first if cell == THE_SAME else cell
        if not is_native(cell):
            places.setdefault(cell.removesuffix(", see there"), []).append(platform)
    _, _, when = row.part.partition("` ")
    shown = "; ".join(f"{', '.join(platforms)}: {cell}" for cell, platforms in places.items())
    return f"{when}: {shown}" if shown and when.startswith(("above", "up to", "with")) else shown


def is_native(cell: str) -> bool:
    """Return whether a cell says that the part is the platform's own control there, always."""
    return cell.startswith("native") and ";" not in cell and " else " not in cell

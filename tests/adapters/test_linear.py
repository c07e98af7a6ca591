"""Whatever a model or a person wrote: each platform reads and renders it with work in proportion to its length."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import adapters
import gateway
from adapters.discord.conversations import title_of
from adapters.discord.markdown import readable
from adapters.discord.render import content as discord_content
from adapters.slack.mentions import safe_markdown, safe_piece, safe_text
from adapters.slack.mrkdwn import from_mrkdwn
from adapters.slack.render import content as slack_content
from adapters.teams import render
from adapters.teams.markdown import beyond_streams, streamed
from gateway.model import AllowedMentions, Button, Outgoing
from tests.markdown.nasty import FAMILIES
from tests.support.steps import steps

SIZE = 8_000
BUDGET = 200
"""Steps a character may cost. What is quadratic costs thousands here."""
EVERYBODY = AllowedMentions(users=True, groups=True, everyone=True)
BUTTONS = (Button(token="t", label="Go"),)

READERS: dict[str, Callable[[str], object]] = {
    "slack: content": lambda text: slack_content(Outgoing(text=text)),
    "slack: text": lambda text: safe_text(text, AllowedMentions()),
    "slack: text that may mention": lambda text: safe_text(text, EVERYBODY),
    "slack: markdown": lambda text: safe_markdown(text, EVERYBODY),
    "slack: a piece of a stream": lambda text: safe_piece(text, len(text) // 2),
    "slack: what a person wrote": lambda text: from_mrkdwn(text, "U0BOT"),
    "discord: content": lambda text: discord_content(Outgoing(text=text)),
    "discord: a thread's name": lambda text: title_of({"content": text}),
    "discord: what a person wrote": lambda text: readable(text, {}),
    "teams: text": lambda text: render.activity(Outgoing(text=text), {"1": "Ada"}),
    "teams: card": lambda text: render.activity(Outgoing(text=text, buttons=BUTTONS), {}),
    "teams: stream": lambda text: (beyond_streams(text), streamed(text)),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_character_costs_a_bounded_number_of_steps(family: str) -> None:
    text = FAMILIES[family](SIZE)
    for name, read in READERS.items():
        assert steps(read, text) <= BUDGET * len(text), name


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for package in (adapters, gateway):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Alembic runs its `env` itself, and it cannot be imported.
            run = found.name.endswith(("hello", "__main__", "migrations.env"))
            if run or "emulat" in found.name or ".playground" in found.name:
                continue
            for name, value in vars(importlib.import_module(found.name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    yield f"{found.name}.{name}", value


def backtracks(tree: Any, *, repeated: bool = False) -> bool:
    """Return whether a repeat without an end is in another one, and both may give back what they took."""
    for operator, argument in tree:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            endless = argument[1] > 255
            if (repeated and endless) or backtracks(argument[2], repeated=repeated or endless):
                return True
        elif name in ("POSSESSIVE_REPEAT", "ATOMIC_GROUP"):
            inside = argument[2] if name == "POSSESSIVE_REPEAT" else argument
            if backtracks(inside):
                return True
        elif name == "BRANCH":
            if any(backtracks(branch, repeated=repeated) for branch in argument[1]):
                return True
        elif name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT") and backtracks(argument[-1], repeated=repeated):
            return True
    return False


def test_no_pattern_backtracks_without_end() -> None:
    parse = importlib.import_module("re._parser").parse
    found = dict(patterns())
    assert len(found) > 30
    assert [name for name, each in found.items() if backtracks(parse(each.pattern, each.flags))] == []


def test_the_pattern_that_once_stopped_everybody_would_be_found() -> None:
    parse = importlib.import_module("re._parser").parse
    assert backtracks(parse(r"(?:[^()\s]|\([^()\s]*\)?)*(?:\s+(?:\"[^\"]*\"?))?\s*$"))

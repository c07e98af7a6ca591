"""Every Python program and fragment in the documents runs, and the conversations below them come true."""

from pathlib import Path

import pytest

from gateway.data import BaseDataLayer
from tests.contract.world import World
from tests.docs.blocks import ROOT, Block, blocks
from tests.docs.programs import hold_talk, is_bot, run_program

PYTHON = blocks("python")
RUN = [block for block in PYTHON if block.excuse is None and block.file is None]
TUTORIAL = [block for block in RUN if block.document == "docs/tutorial.md"]
FIRST = next(block.code for block in RUN if block.document == "README.md")
"""The README's first bot, the ``bot.py`` that other programs name."""
MOST_EXCUSES = 2
"""Blocks that are not run, each for the reason that stands in front of it."""


@pytest.mark.parametrize("block", [each for each in RUN if is_bot(each)], ids=str)
async def test_a_bot_of_the_documents_does_what_they_say(block: Block, slack: World, folder: Path) -> None:
    await hold_talk(block, slack, folder)


@pytest.mark.parametrize("block", [each for each in RUN if not is_bot(each)], ids=str)
async def test_a_program_of_the_documents_runs(block: Block, folder: Path) -> None:
    names = await run_program(block, folder, FIRST)
    if (layer := names.get("layer")) is not None:
        assert isinstance(layer(), BaseDataLayer)


def test_what_is_not_run_is_counted() -> None:
    assert len([block for block in PYTHON if block.excuse is not None]) <= MOST_EXCUSES


@pytest.mark.parametrize("block", TUTORIAL[-1:], ids=str)
async def test_the_tutorials_bot_is_the_same_on_other_platforms(block: Block, another: World, folder: Path) -> None:
    await hold_talk(block, another, folder)


def test_every_step_of_the_tutorial_shows_a_conversation() -> None:
    assert len(TUTORIAL) == 6
    assert [str(block) for block in TUTORIAL if block.talk is None] == []


def test_no_conversation_stands_alone() -> None:
    played = [block.talk for block in RUN if block.talk is not None and is_bot(block)]
    assert sorted(played) == sorted(block.code for block in blocks("chat"))


def test_the_documents_are_those_that_people_read() -> None:
    names = {block.document for block in PYTHON}
    assert {"README.md", "docs/handlers.md", "docs/tutorial.md"} <= names
    assert (ROOT / "docs").is_dir()

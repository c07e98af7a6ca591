"""A stage that all tests of a module share, on which the bot has answered, asked, failed and been rated."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.admin.stage import EVIL, Stage, staged
from tests.playground.conftest import browser

__all__ = ["browser"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("admin")
    async with staged(folder) as stage:
        await stage.write(f"hello {EVIL}", "You said: hello")
        await stage.rate(1, "lovely")
        await stage.write("another", "You said: another")
        await stage.rate(0, f"wrong {EVIL}")
        await stage.dead_letter(f"boom {EVIL}")
        await stage.write("ask me", "Which one?")
        yield stage

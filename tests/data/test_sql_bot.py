"""A whole bot whose registered data layer is on SQLite or PostgreSQL, in both schemas."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.data.bots import RegisteredLayerContract
from tests.data.databases import Documented, Official, documented, official
from tests.support.slack import slack

__all__ = ["slack"]


class TestOnSQLite(RegisteredLayerContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Documented]:
        async with documented(tmp_path) as harness:
            yield harness


class TestOnPostgreSQL(RegisteredLayerContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[Documented]:
        async with documented() as harness:
            yield harness


class TestInTheOfficialSchema(RegisteredLayerContract):
    @pytest.fixture
    async def harness(self) -> AsyncIterator[Official]:
        async with official() as harness:
            yield harness

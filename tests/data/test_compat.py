"""The layers keep their contracts when an app imports them through ``chainlit.data``."""

import importlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.compat import hook
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from tests.data import databases
from tests.data.contract import LayerContract
from tests.data.databases import Documented, documented


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the databases of the tests be spoken to by the class that ``chainlit.data`` has."""
    hook.install()
    layer = importlib.import_module("chainlit.data.sql_alchemy").SQLAlchemyDataLayer
    assert layer is SQLAlchemyDataLayer
    assert issubclass(layer, importlib.import_module("chainlit.data.base").BaseDataLayer)
    monkeypatch.setattr(databases, "SQLAlchemyDataLayer", layer)
    yield
    hook.uninstall()


@pytest.mark.usefixtures("imported")
class TestOnSQLite(LayerContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[Documented]:
        async with documented(tmp_path) as harness:
            yield harness

"""The import hook, for one test."""

from collections.abc import Iterator

import pytest

from gateway.chat import web_only
from gateway.compat import hook


@pytest.fixture
def hooked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answer imports of ``chainlit`` during the test, and log each name that does nothing again."""
    monkeypatch.setattr(web_only, "_warned", set())
    hook.install()
    yield
    hook.uninstall()

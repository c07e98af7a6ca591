"""The fake model behind the real clients' addresses."""

from collections.abc import Iterator

import pytest

from gateway.emulators.models.app import FakeModel
from gateway.emulators.models.server import FakeModelServer


@pytest.fixture(name="fake")
def fake_model_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModelServer]:
    """Yield the model, which clients without an address of their own ask as well."""
    with FakeModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "fake")
        monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
        monkeypatch.setenv("MISTRAL_API_KEY", "fake")
        monkeypatch.setenv("MISTRAL_SERVER_URL", server.origin)
        yield server


__all__ = ["FakeModel", "FakeModelServer", "fake_model_server"]

"""The house keeps the shape its design gave it."""

import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adapters import PLATFORMS
from gateway.adapter import Platform
from gateway.errors import SettingsError
from gateway.platforms import registry

ROOT = Path(__file__).parent.parent
SAME_IN_EVERY_ADAPTER = {"__init__.py", "adapter.py", "parse.py", "render.py", "settings.py"}
VENDORS = {"slack_bolt", "slack_sdk", "discord", "botbuilder", "botframework", "msrest"}
OF_EXTRAS = {"aiosqlite", "alembic", "asyncpg"}
"""Packages that a plain install does not bring."""


def test_imports_point_in_the_agreed_directions() -> None:
    """The contracts are in pyproject.toml under ``tool.importlinter``; ``make check`` prints the same."""
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_public_api_is_complete_and_importable() -> None:
    """``__all__`` names exactly what a bot may use: each name resolves, and no public name is left out."""
    gateway = importlib.import_module("gateway")
    names = gateway.__all__
    assert len(names) == len(set(names))
    for name in names:
        assert getattr(gateway, name) is not None, name
    visible = {
        name
        for name, value in vars(gateway).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("gateway.")
    }
    assert visible <= set(names), f"public but not in __all__: {sorted(visible - set(names))}"


@pytest.mark.parametrize("module", ["gateway", "gateway.app", "gateway.cli", "gateway.data.base", "adapters"])
def test_importing_the_gateway_imports_no_platform_sdk_and_no_driver(module: str) -> None:
    program = f"import json, sys, {module}; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (VENDORS | OF_EXTRAS).isdisjoint(json.loads(result.stdout))


@pytest.mark.parametrize("platform", sorted(platform.name for platform in PLATFORMS))
def test_every_adapter_has_the_same_file_names(platform: str) -> None:
    """Learn one, know all. An adapter may have more files, never fewer."""
    present = {path.name for path in (ROOT / "adapters" / platform).iterdir()}
    assert present >= SAME_IN_EVERY_ADAPTER, f"missing: {sorted(SAME_IN_EVERY_ADAPTER - present)}"


@pytest.mark.parametrize("platform", sorted(platform.name for platform in PLATFORMS))
def test_every_line_of_the_registry_leads_somewhere(platform: str) -> None:
    assert (ROOT / "adapters" / platform).is_dir()
    registry()[platform].check()


class _Entry:
    """An entry point of another package."""

    name, value = "mine", "other_package:PLATFORM"

    def __init__(self, loaded: object) -> None:
        self._loaded = loaded

    def load(self) -> object:
        return self._loaded


MINE = Platform(name="mine", settings_class="m:S", adapter_class="m:A", manifest_function="m:manifest")


def test_other_packages_add_their_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.platforms.entry_points", lambda group: [_Entry(MINE)])
    assert registry()["mine"] is MINE
    assert MINE.emulator() is None


@pytest.mark.parametrize(
    ("loaded", "problem"),
    [("slack", "is no gateway.adapter.Platform"), (replace(MINE, name="slack"), "second platform")],
)
def test_an_entry_point_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, loaded: object, problem: str) -> None:
    monkeypatch.setattr("gateway.platforms.entry_points", lambda group: [_Entry(loaded)])
    with pytest.raises(SettingsError, match=problem):
        registry()

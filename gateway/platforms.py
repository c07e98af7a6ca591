"""The platforms of the registry: the only door from the gateway to the adapters, opened by name at run time."""

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, cast

from gateway.adapter import Adapter, AppOptions, Emulator, Surroundings
from gateway.settings import PlatformSettings


@dataclass(frozen=True, slots=True)
class Platform:
    """One line of the registry, loaded piece by piece as it is needed."""

    name: str
    paths: Any

    def settings(self) -> PlatformSettings:
        """The platform's block of settings, read now."""
        return cast(type[PlatformSettings], _load(self.paths.settings)).read()

    def adapter(self, settings: PlatformSettings, surroundings: Surroundings) -> Adapter:
        """The adapter. Imports the platform's SDK."""
        return cast(Adapter, _load(self.paths.adapter)(settings, surroundings))

    def emulator(self) -> Emulator:
        """A stand-in for the platform."""
        return cast(Emulator, _load(self.paths.emulator)())

    def manifest(self, options: AppOptions) -> str | bytes:
        """What the platform must be told about the app, in its own format: text, or an archive."""
        return cast(str | bytes, _load(self.paths.manifest)(options))


def registry() -> Mapping[str, Platform]:
    """Our own platforms and those third parties installed."""
    paths = dict(importlib.import_module("adapters").PLATFORMS)
    for entry in entry_points(group="gateway.adapters"):
        paths.setdefault(entry.name, entry.load())
    return {name: Platform(name, line) for name, line in paths.items()}


def point_at(emulator: Emulator) -> None:
    """Let the settings read from now on lead to an emulator (only ever when no real credentials are set)."""
    os.environ.update(emulator.environment())


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)

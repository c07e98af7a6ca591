"""One platform of the registry, by the names of its parts, which are imported when they are needed."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from gateway.adapter.base import Adapter
from gateway.adapter.context import AdapterContext
from gateway.adapter.emulator import Emulator
from gateway.settings import PlatformSettings


class AppOptions(NamedTuple):
    """What an app manifest is made from; a platform takes what it needs."""

    name: str = "Gateway bot"
    url: str = "https://YOUR-HOST"
    """Where the platform reaches the bot."""
    socket_mode: bool = False
    app_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform: where its parts are, as ``module:name``. Nothing of it is imported before it is asked for."""

    name: str
    """As in ``ConversationRef.platform``: ``slack``."""
    settings_class: str
    """A ``PlatformSettings``."""
    adapter_class: str
    """An ``Adapter``, made from its settings and a context."""
    manifest_function: str
    """A function from ``AppOptions`` to the platform's app manifest: text, or an archive."""
    emulator_class: str | None = None
    """An ``Emulator``; a platform without one is not in the playground."""

    def settings(self, values: Mapping[str, str] | None = None) -> PlatformSettings:
        """The platform's settings, read now. ``values``, by the names of the variables, win over the environment's."""
        return cast(type[PlatformSettings], _load(self.settings_class)).with_values(values or {})

    def adapter(self, settings: PlatformSettings, context: AdapterContext) -> Adapter:
        """The adapter. Imports the platform's SDK."""
        return cast(Adapter, _load(self.adapter_class)(settings, context))

    def emulator(self) -> Emulator | None:
        """A new stand-in for the platform, if there is one."""
        return None if self.emulator_class is None else cast(Emulator, _load(self.emulator_class)())

    def manifest(self, options: AppOptions) -> str | bytes:
        """What the platform must be told about the app, in its own format: text, or an archive."""
        return cast(str | bytes, _load(self.manifest_function)(options))

    def check(self) -> None:
        """Import all that is named here; raises ``ImportError`` or ``AttributeError`` naming what is not there."""
        for path in (self.settings_class, self.adapter_class, self.manifest_function, self.emulator_class):
            if path is not None:
                _load(path)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)

"""An entry of the platform registry: the names of a platform's parts, which are imported only when they are needed."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from gateway.adapter.base import Adapter
from gateway.adapter.context import AdapterContext
from gateway.adapter.diagnosis import Diagnosis, DiagnosisContext
from gateway.adapter.emulator import Emulator
from gateway.settings import PlatformSettings


class AppOptions(NamedTuple):
    """What an app manifest is made from; a platform uses what it needs."""

    name: str = "Gateway bot"
    url: str = "https://YOUR-HOST"
    """The address at which the platform reaches the bot."""
    socket_mode: bool = False
    distributed: bool = False
    """Whether many workspaces are to install the app."""
    app_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform, with the places of its parts as ``module:name``. Nothing of it is imported before it is asked for."""

    name: str
    """The platform's name, as in ``ConversationRef.platform``: ``slack``."""
    settings_class: str
    """The place of a ``PlatformSettings`` class."""
    adapter_class: str
    """The place of an ``Adapter`` class, which is made from its settings and a context."""
    manifest_function: str | None = None
    """The place of a function from ``AppOptions`` to the platform's app manifest: text, or an archive. None for a
    platform without manifests."""
    doctor_function: str | None = None
    """The place of a function from the platform's settings and a ``DiagnosisContext`` to a ``Diagnosis``, for ``gateway
    doctor``. None for a platform that has no credentials."""
    emulator_class: str | None = None
    """The place of an ``Emulator`` class; a platform without one is not in the playground."""
    by_key: bool = False
    """Whether it is the gateway itself that serves the platform, to programs with an API key: then it is on only where
    there is such a key."""

    def settings(self, values: Mapping[str, str] | None = None) -> PlatformSettings:
        """Return the platform's settings, read now. ``values``, by the names of the variables, win over the
        environment's."""
        return cast(type[PlatformSettings], _load(self.settings_class)).with_values(values or {})

    def settings_variables(self) -> frozenset[str]:
        """Return the names of the environment variables that the platform's settings are read from."""
        return cast(type[PlatformSettings], _load(self.settings_class)).variables()

    def adapter(self, settings: PlatformSettings, context: AdapterContext) -> Adapter:
        """Return a new adapter. Imports the platform's SDK."""
        return cast(Adapter, _load(self.adapter_class)(settings, context))

    def emulator(self, **options: object) -> Emulator | None:
        """Return a new emulator of the platform, if there is one, made with these options (``limits="off"``)."""
        return None if self.emulator_class is None else cast(Emulator, _load(self.emulator_class)(**options))

    def manifest(self, options: AppOptions) -> str | bytes | None:
        """Return the app manifest in the platform's own format: text, or an archive; None where it has none."""
        return None if self.manifest_function is None else cast(str | bytes, _load(self.manifest_function)(options))

    def diagnosis(self, settings: PlatformSettings, context: DiagnosisContext) -> Diagnosis | None:
        """Return what ``gateway doctor`` can look at with these settings; None where there is nothing. The platform's
        SDK is not imported."""
        return None if self.doctor_function is None else cast(Diagnosis, _load(self.doctor_function)(settings, context))

    def check(self) -> None:
        """Import every part; raises ``ImportError`` or ``AttributeError`` naming what is not there."""
        parts = (self.manifest_function, self.doctor_function, self.emulator_class)
        for path in (self.settings_class, self.adapter_class, *parts):
            if path is not None:
                _load(path)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)

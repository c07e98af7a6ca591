"""Finds the platforms: those in ``adapters``, and those other packages add. The only import of adapters in
``gateway``."""

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import cast

from gateway.adapter import Platform
from gateway.errors import SettingsError

ENTRY_POINTS = "gateway.adapters"
"""The group of entry points by which other packages add platforms; each value is a ``Platform``."""


def registry() -> Mapping[str, Platform]:
    """Return the platforms in ``adapters`` and those that installed packages add, by name. Raises ``SettingsError`` for
    an entry point that is no ``Platform`` or takes a name that is taken."""
    ours = cast(tuple[Platform, ...], importlib.import_module("adapters").PLATFORMS)
    found = {platform.name: platform for platform in ours}
    for entry in entry_points(group=ENTRY_POINTS):
        platform = entry.load()
        if not isinstance(platform, Platform):
            raise SettingsError(
                f"the entry point {entry.name} of {ENTRY_POINTS} ({entry.value}) is no gateway.adapter.Platform"
            )
        if platform.name in found:
            raise SettingsError(
                f"the entry point {entry.name} ({entry.value}) adds a second platform {platform.name!r}"
            )
        found[platform.name] = platform
    return found

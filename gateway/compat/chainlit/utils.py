"""What an app written for Chainlit imports from ``chainlit.utils``: the gateway's own objects."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def utc_now() -> str:
    """Return the time now, ISO 8601 in UTC with a ``Z``."""
    return timestamp_utc(datetime.now(UTC).timestamp())


def timestamp_utc(timestamp: float) -> str:
    """Return a time as text, ISO 8601 in UTC with a ``Z``.

    Args:
        timestamp: The time, in seconds since the epoch.
    """
    return datetime.fromtimestamp(timestamp, UTC).replace(tzinfo=None).isoformat() + "Z"


def make_module_getattr(registry: Mapping[str, str]) -> Any:
    """Return a ``__getattr__`` for a module that imports names when they are asked for.

    Args:
        registry: Names, each with the module that has it.
    """

    def found(name: str) -> Any:
        if name not in registry:
            raise AttributeError(name)
        return getattr(import_module(registry[name]), name)

    return found


def check_module_version(name: str, required_version: str) -> bool:
    """Return whether a package is installed in a version or a later one.

    Args:
        name: The package's name.
        required_version: The version, as numbers with dots.
    """
    try:
        installed = version(name)
    except PackageNotFoundError:
        return False
    return _numbers(installed) >= _numbers(required_version)


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split("+")[0].split(".") if part.isdigit()]


def __getattr__(name: str) -> Any:
    if name == "mount_chainlit":
        return import_module("gateway.utils").mount_chainlit
    raise AttributeError(name)


__all__ = ["check_module_version", "make_module_getattr", "timestamp_utc", "utc_now"]

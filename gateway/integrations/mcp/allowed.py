"""What may be connected with: the kinds of connections and the executables that an operator allows."""

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from gateway.errors import SettingsError

EXECUTABLES = ("npx", "uvx")
"""Executables that may be started where nothing else is said."""
KINDS = ("stdio", "sse", "streamable-http")
"""The kinds of connections."""


@dataclass(frozen=True)
class Allowed:
    """What an operator allows: kinds of connections, and executables by name or absolute path."""

    kinds: Sequence[str] = KINDS
    executables: Sequence[str] = EXECUTABLES

    @classmethod
    def read(cls, path: Path, executables: Sequence[str]) -> "Allowed":
        """Return what ``[features.mcp]`` of a Chainlit configuration (``.chainlit/config.toml``) allows; everything but
        other executables where there is no such file. ``executables`` are those of the environment, which win. Raises
        ``SettingsError``."""
        mcp = _table(_table(_toml(path), "features", path), "mcp", path)
        off = mcp.get("enabled") is False
        kinds = tuple(kind for kind in KINDS if not off and _table(mcp, kind, path).get("enabled") is not False)
        listed = _table(mcp, "stdio", path).get("allowed_executables")
        if listed is not None and not _is_texts(listed):
            raise SettingsError(f"{path}: features.mcp.stdio.allowed_executables is no list of names")
        return cls(kinds, executables or (EXECUTABLES if listed is None else cast(Sequence[str], listed)))

    def executable(self, server: str, command: str, folder: Path) -> str:
        """Return the path of a server's executable. ``folder`` is where relative paths begin. Raises ``SettingsError``
        for one that is not allowed, or is not there.

        A name is allowed that is on the list; a path only if it is on the list itself, or leads to the very file that
        a name on the list stands for: whoever can write a file ``/tmp/npx`` has no allowed executable yet.
        """
        named = "/" not in command
        path = shutil.which(command) if named else str((folder / Path(command).expanduser()).absolute())
        if not self._allows(command if named else None, path):
            raise SettingsError(
                f"the server of tools {server!r} starts {command!r}, which is not allowed: "
                f"add {command!r} to GATEWAY_MCP_EXECUTABLES ({','.join(self.executables)}) if you trust it"
            )
        if path is None or shutil.which(path) is None:
            raise SettingsError(f"the server of tools {server!r} starts {command!r}, which is not there: install it")
        return path

    def _allows(self, name: str | None, path: str | None) -> bool:
        if name is not None:
            return name in self.executables
        for each in self.executables:
            known = each if "/" in each else shutil.which(each)
            if path is not None and known is not None and Path(known).expanduser().resolve() == Path(path).resolve():
                return True
        return False


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error


def _table(table: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: {name} is no table")
    return cast(dict[str, Any], value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in cast(list[object], value))

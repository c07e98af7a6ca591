"""Reads the files that deployments are made of, and what the gateway itself says of the same things."""

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from adapters import PLATFORMS
from gateway.settings import GatewaySettings

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

Document = dict[str, Any]
"""One YAML document: a mapping."""


def documents(path: Path) -> list[Document]:
    """Return the documents of a YAML file."""
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def document(path: Path) -> Document:
    """Return the only document of a YAML file."""
    (only,) = documents(path)
    return only


def seconds(duration: str) -> float:
    """Return the seconds of a duration such as ``35s`` or ``500ms``."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", duration).groups()  # type: ignore[union-attr]
    return float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def settings() -> Iterator[str]:
    """Yield the names of the environment variables that the gateway and its platforms read."""
    yield from GatewaySettings.variables()
    for platform in PLATFORMS:
        module, _, name = platform.settings_class.partition(":")
        yield from getattr(importlib.import_module(module), name).variables()


def is_setting(variable: str) -> bool:
    """Return whether the gateway reads an environment variable, or a library does that ``docs/files.md`` names it
    for."""
    clouds = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    return variable in set(settings()) or f"`{variable}`" in clouds


class Dockerfile:
    """What the image is, as far as a deployment has to know it."""

    def __init__(self) -> None:
        self.text = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    def found(self, pattern: str) -> str:
        """Return what the only group of a pattern matches."""
        match = re.search(pattern, self.text, re.M)
        assert match is not None, f"the Dockerfile has no {pattern}"
        return match[1]

    @property
    def user(self) -> int:
        """The number of the user that the gateway runs as."""
        return int(self.found(r"^USER (\d+):\d+$"))

    @property
    def port(self) -> int:
        """The port that the gateway listens on."""
        return int(self.found(r"^EXPOSE (\d+)$"))

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of the image."""
        block = self.found(r"^ENV (PATH=(?:.*\\\n)*.*)$")
        return dict(line.strip(" \\").split("=", 1) for line in block.splitlines())

    @property
    def folders(self) -> set[str]:
        """The folders that are made for the gateway's user."""
        lines = re.findall(r"install -d -o gateway -g gateway -m \d+ (.*?)(?: \\)?$", self.text, re.M)
        return {folder for line in lines for folder in line.split()}

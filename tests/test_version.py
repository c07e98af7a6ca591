"""The package says its own version, which is stated once: in ``pyproject.toml``."""

import tomllib
from pathlib import Path

import gateway

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def test_the_package_has_the_version_of_its_project_file() -> None:
    assert gateway.__version__ == tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]

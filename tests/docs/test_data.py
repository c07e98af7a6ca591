"""Data in the documents is well-formed, and what it names as settings is one."""

import importlib
import json
import re
import tomllib

import pytest
import yaml

from adapters import PLATFORMS
from gateway.settings import GatewaySettings
from tests.docs.blocks import Block, blocks, blocks_of, documents

KNOWN = {
    "", "chat", "csv", "diff", "ini", "js", "json", "mermaid", "pytest", "python", "sh", "text", "toml", "yaml",
}  # fmt: skip
"""Languages of blocks. Those without one show what a program prints, a drawing or a form of a text."""
NO_SETTINGS = {
    "DISCORD_API_URL", "DISCORD_GATEWAY_URL", "GATEWAY_API_KEY", "GATEWAY_CONFORMANCE", "GATEWAY_KEY",
    "GATEWAY_REAL_LIBRARIES", "GATEWAY_SAMPLES", "SLACK_API_URL", "TEAMS_LOGIN_URL", "TEAMS_OPENID_METADATA_URL",
}  # fmt: skip
"""Variables with the prefix of a setting that are none: of the tests, of clients, addresses of emulators."""


def variables() -> set[str]:
    """Return the names of all variables that the gateway and its platforms read."""
    found = set(GatewaySettings.variables())
    for platform in PLATFORMS:
        module, _, name = platform.settings_class.partition(":")
        found |= set(getattr(importlib.import_module(module), name).variables())
    return found


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    whole = block.code.strip()
    json.loads(whole if whole[0] in "{[" else f"{{{whole}}}")  # some show a part of an object


@pytest.mark.parametrize("block", blocks("toml", "yaml"), ids=str)
def test_configuration_can_be_read(block: Block) -> None:
    if block.language == "toml":
        tomllib.loads(block.code)
    else:
        assert list(yaml.safe_load_all(block.code))


def test_every_block_has_a_language_that_is_looked_at() -> None:
    assert [str(block) for path in documents() for block in blocks_of(path) if block.language not in KNOWN] == []


def test_javascript_says_where_it_is_run() -> None:
    assert [str(block) for block in blocks("js") if block.excuse is None] == []


def test_every_setting_that_a_document_names_is_one() -> None:
    known = variables() | NO_SETTINGS
    named = {
        (path.name, name)
        for path in documents()
        for name in re.findall(r"\b(?:GATEWAY|SLACK|DISCORD|TEAMS|CHATKIT)_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
    }
    assert {each for each in named if each[1] not in known} == set()

"""The checked-in manifest is the generated one, it is real YAML of the same content, and it asks for what is used."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.manifest import EVENTS, SCOPES, manifest, manifest_yaml
from gateway.emulators.slack.emulator import SlackEmulator
from gateway.emulators.slack.web_api import methods

ROOT = Path(__file__).parents[2]


def read_yaml(lines: list[str]) -> Any:
    """The little YAML the generator writes: nested maps, lists, JSON scalars, comments after scalars."""
    if lines[0].startswith("- "):
        starts = [at for at, line in enumerate(lines) if line.startswith("- ")]
        chunks = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
        return [
            scalar(chunk[0][2:]) if chunk[0].startswith('- "') else read_yaml([line[2:] for line in chunk])
            for chunk in chunks
        ]
    found: dict[str, Any] = {}
    starts = [at for at, line in enumerate(lines) if not line.startswith(" ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        key, _, value = lines[start].partition(":")
        inside = [line[2:] for line in lines[start + 1 : end]]
        found[key] = scalar(value) if value.strip() else read_yaml(inside)
    return found


def scalar(text: str) -> Any:
    value, end = json.JSONDecoder().raw_decode(text.strip())
    assert re.fullmatch(r"(?:  # .*)?", text.strip()[end:])
    return value


@pytest.mark.parametrize("socket_mode", [False, True])
def test_the_yaml_says_what_the_manifest_says(socket_mode: bool) -> None:
    given: dict[str, Any] = {"name": 'My "bot": #1', "url": "https://bot.example/", "socket_mode": socket_mode}
    lines = [line for line in manifest_yaml(**given).splitlines() if not line.startswith("#")]
    assert read_yaml(lines) == manifest(**given)


def test_the_file_in_the_repository_is_the_generated_one() -> None:
    assert (ROOT / "manifests" / "slack.yaml").read_text() == manifest_yaml()


def test_slack_is_pointed_at_our_route_or_at_none() -> None:
    made = manifest(url="https://bot.example/")
    address = "https://bot.example/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": address}
    assert {each["url"] for each in made["features"]["slash_commands"]} == {address}
    assert "url" not in json.dumps(manifest(socket_mode=True))


def test_every_method_the_adapter_calls_is_within_its_scopes() -> None:
    sources = "".join(
        path.read_text() for path in (ROOT / "adapters" / "slack").glob("*.py") if "emul" not in path.name
    )
    known = methods(SlackEmulator().views)
    called = {name for name in known if f'"{name}"' in sources}
    assert {"chat.postMessage", "files.info", "conversations.replies"} <= called
    scopes = {scope.name for scope in SCOPES}
    for name in called:
        needed = known[name].scopes
        assert not needed or scopes & set(needed), name


BEYOND_METHODS = {
    "app_mentions:read": "app_mention",
    "channels:history": "message.channels",
    "channels:read": "channel_left",
    "groups:history": "message.groups",
    "groups:read": "group_left",
    "im:history": "message.im",
    "mpim:history": "message.mpim",
    "reactions:read": "reaction_added",
    "chat:write.customize": "username",
    "commands": "slash_commands",
    "files:read": "url_private",
    "users:read.email": "email",
}
"""Scopes that no method of its own needs: the event they let through, or the field or feature they are for."""


def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "adapters" / "slack").glob("*.py"))
    known = methods(SlackEmulator().views)
    needed = {scope for name in known if f'"{name}"' in sources for scope in known[name].scopes}
    for scope in SCOPES:
        use = BEYOND_METHODS.get(scope.name)
        assert scope.name in needed or (use is not None and f'"{use}"' in sources), scope.name


def test_the_tables_name_each_thing_once_with_a_reason() -> None:
    for table in (SCOPES, EVENTS):
        assert len({need.name for need in table}) == len(table)
        assert all(need.why for need in table)


def test_the_manifest_for_many_workspaces_has_what_installing_needs() -> None:
    made = manifest(url="https://bot.example/", distributed=True)
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example/slack/oauth_redirect"]
    assert made["settings"]["org_deploy_enabled"] and made["settings"]["token_rotation_enabled"]
    assert "redirect_urls" not in manifest()["oauth_config"]

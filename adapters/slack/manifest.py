"""The Slack app manifest, from one table of scopes and events that gives the reason for each."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from adapters.slack.commands import command_of
from gateway.adapter import AppOptions
from gateway.model import COMMANDS


class Need(NamedTuple):
    """A scope or an event, and what would not work without it."""

    name: str
    why: str


SCOPES = (
    Need("app_mentions:read", "hear mentions in channels"),
    Need("assistant:write", "be an agent: messages tab, status line, suggested prompts, title"),
    Need("channels:history", "hear replies in threads of public channels, read them back"),
    Need("channels:read", "notice being removed from a public channel"),
    Need("chat:write", "post, edit, delete and stream messages"),
    Need("chat:write.customize", "show another author's name on a message"),
    Need("commands", "slash commands"),
    Need("files:read", "download what users attach"),
    Need("files:write", "attach files to answers"),
    Need("groups:history", "hear replies in threads of private channels, read them back"),
    Need("groups:read", "notice being removed from a private channel"),
    Need("im:history", "hear direct messages, read them back"),
    Need("im:write", "write to people who have not written first"),
    Need("mpim:history", "hear group direct messages, read them back"),
    Need("reactions:read", "hear reactions"),
    Need("reactions:write", "react to messages"),
    Need("usergroups:read", "access rules that name user groups"),
    Need("users:read", "names, pictures and time zones of users"),
    Need("users:read.email", "e-mail addresses of users"),
)
"""The scopes the bot token needs."""
REQUIRED = frozenset({"app_mentions:read", "channels:history", "chat:write", "im:history"})
"""The scopes without which the bot does not hear people or cannot answer them; without one of the others it only lacks
what that scope is for."""

EVENTS = (
    Need("agent_session_stopped", "Slack's own stop button"),
    Need("app_home_opened", "greet whoever opens the messages tab"),
    Need("app_mention", "mentions in channels"),
    Need("app_uninstalled", "notice that the app was removed"),
    Need("channel_archive", "end conversations in a channel that is archived"),
    Need("channel_deleted", "end conversations in a channel that is deleted"),
    Need("channel_left", "end conversations in a channel the bot was removed from"),
    Need("group_archive", "the same in private channels"),
    Need("group_deleted", "the same in private channels"),
    Need("group_left", "the same in private channels"),
    Need("member_left_channel", "the same, where Slack tells it as of any member"),
    Need("message.channels", "thread replies, edits and deletions in public channels"),
    Need("message.groups", "the same in private channels"),
    Need("message.im", "direct messages"),
    Need("message.mpim", "group direct messages"),
    Need("reaction_added", "reactions"),
    Need("reaction_removed", "reactions taken off"),
    Need("tokens_revoked", "notice that the token was revoked"),
)
"""The events the app subscribes to."""


def manifest(
    *,
    name: str = "Gateway bot",
    url: str = "https://YOUR-HOST",
    socket_mode: bool = False,
    distributed: bool = False,
) -> dict[str, Any]:
    """Return the manifest. ``url`` is where Slack reaches the bot; with ``socket_mode`` Slack needs no address at all,
    but for people who install a ``distributed`` app."""
    redirect = {"redirect_urls": [f"{url.rstrip('/')}/slack/oauth_redirect"]} if distributed else {}
    endpoint = {} if socket_mode else {"url": f"{url.rstrip('/')}/slack/events"}
    request_url = {} if socket_mode else {"request_url": f"{url.rstrip('/')}/slack/events"}
    return {
        "display_information": {"name": name, "description": "A bot on the gateway"},
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "agent_view": {"agent_description": f"Ask {name} anything"},
            "slash_commands": [
                *[_slash(command.name, command.description, endpoint) for command in COMMANDS],
                _slash(command_of(name), f"Give {name} a command", endpoint) | {"usage_hint": "[command] [text]"},
            ],
        },
        "oauth_config": {**redirect, "scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": [event.name for event in EVENTS]},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": distributed,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": distributed,
        },
    }


def _slash(name: str, description: str, endpoint: Mapping[str, str]) -> dict[str, Any]:
    return {"command": f"/{name}", **endpoint, "description": description, "should_escape": False}


def app_manifest(options: AppOptions) -> str:
    """Return the manifest as YAML, for ``gateway manifest slack``."""
    return manifest_yaml(
        name=options.name, url=options.url, socket_mode=options.socket_mode, distributed=options.distributed
    )


def manifest_yaml(
    *,
    name: str = "Gateway bot",
    url: str = "https://YOUR-HOST",
    socket_mode: bool = False,
    distributed: bool = False,
) -> str:
    """Return the manifest as YAML, with the reason for each scope and event."""
    reasons = {need.name: need.why for need in (*SCOPES, *EVENTS)}
    made = manifest(name=name, url=url, socket_mode=socket_mode, distributed=distributed)
    head = "# Slack app manifest: paste it under https://api.slack.com/apps, Create New App, From a manifest.\n"
    return head + "".join(_lines(made, 0, reasons))


def _lines(value: Mapping[str, Any], indent: int, reasons: Mapping[str, str]) -> list[str]:
    pad = "  " * indent
    lines: list[str] = []
    for key, each in value.items():
        if isinstance(each, Mapping):
            lines += [f"{pad}{key}:\n", *_lines(cast(Mapping[str, Any], each), indent + 1, reasons)]
        elif isinstance(each, Sequence) and not isinstance(each, str):
            lines.append(f"{pad}{key}:\n")
            for item in each:
                lines += _item(item, indent + 1, reasons)
        else:
            lines.append(f"{pad}{key}: {_scalar(each)}\n")
    return lines


def _item(item: Any, indent: int, reasons: Mapping[str, str]) -> list[str]:
    pad = "  " * indent
    if isinstance(item, Mapping):
        inner = _lines(cast(Mapping[str, Any], item), indent + 1, reasons)
        return [f"{pad}- {inner[0].lstrip()}", *inner[1:]]
    why = reasons.get(item)
    return [f"{pad}- {_scalar(item)}" + (f"  # {why}\n" if why else "\n")]


def _scalar(value: Any) -> str:
    """Return a JSON scalar, which is YAML's too; a string is quoted, so that no name can mean anything else."""
    return json.dumps(value, ensure_ascii=False)

"""The table of REST routes: method and path, a readable name, the rate limit's bucket, and the handler."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

from gateway.emulators.discord import channels, commands, directory, reactions
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.callbacks import Callbacks
from gateway.emulators.discord.interactions import Interactions
from gateway.emulators.discord.limits import Limits
from gateway.emulators.discord.messages import Messages
from gateway.emulators.discord.requests import Request

Handler = Callable[[Request], Any]
"""Answers a route, given the request. Raises ``ApiError``."""
_MAJOR = ("channel_id", "guild_id", "token")


class Route(NamedTuple):
    """A route of the REST API. An ``open`` one needs no bot token and does not count against the global limit."""

    name: str
    bucket: str
    handler: Handler
    open: bool = False

    def major(self, params: dict[str, str]) -> str:
        """Return the resource whose requests are counted together."""
        return next((params[key] for key in _MAJOR if key in params), "")


class Routes:
    """The table of routes."""

    def __init__(self, backend: Backend, interactions: Interactions, limits: Limits) -> None:
        self._tree: dict[str, Any] = {}
        self.names: set[str] = set()
        """The readable names, for ``calls``, ``hold`` and ``fail_next``."""
        self._add_directory(backend)
        self.messages = Messages(backend)
        self._add_messages(backend, self.messages)
        self._add_channels(backend, limits)
        self._add_interactions(backend, Callbacks(backend, interactions))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | int:
        """Return the route of a (still quoted) path and its parameters, or the HTTP status to refuse with."""
        node = self._tree
        params: dict[str, str] = {}
        for part in path.strip("/").split("/"):
            if part and part in node:
                node = node[part]
                continue
            name = node.get("")
            if name is None or not part:
                return 404
            params[name[0]] = unquote(part)
            node = name[1]
        methods = node.get("\0")
        if methods is None:
            return 404
        route = methods.get(method)
        return 405 if route is None else (route, params)

    def _add(self, spec: str, name: str, handler: Handler, *, bucket: str | None = None, open_: bool = False) -> None:
        method, path = spec.split(" ")
        node = self._tree
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                _, node = node.setdefault("", (part[1:-1], {}))
            else:
                node = node.setdefault(part, {})
        node.setdefault("\0", {})[method] = Route(name, bucket or name, handler, open_)
        self.names.add(name)

    def _add_directory(self, backend: Backend) -> None:
        def add(spec: str, name: str, handler: Callable[[Backend, Request], Any], *, open_: bool = False) -> None:
            self._add(spec, name, partial(handler, backend), open_=open_)

        add("GET /gateway", "get_gateway", directory.gateway, open_=True)
        add("GET /gateway/bot", "get_gateway_bot", directory.gateway_bot)
        add("GET /users/@me", "get_current_user", directory.current_user)
        add("GET /users/@me/guilds", "get_current_guilds", directory.current_guilds)
        add("DELETE /users/@me/guilds/{guild_id}", "leave_guild", directory.leave_guild)
        add("POST /users/@me/channels", "create_dm", directory.create_dm)
        add("GET /users/{user_id}", "get_user", directory.user)
        add("GET /applications/@me", "get_application", directory.application)
        add("GET /oauth2/applications/@me", "get_application", directory.application)
        add("GET /guilds/{guild_id}", "get_guild", directory.guild)
        add("GET /guilds/{guild_id}/channels", "get_guild_channels", directory.guild_channels)
        add("GET /guilds/{guild_id}/roles", "get_roles", directory.roles)
        add("GET /guilds/{guild_id}/members/{user_id}", "get_member", directory.member)
        add("GET /guilds/{guild_id}/threads/active", "get_active_threads", channels.active_threads)
        for scope in ("/applications/{application_id}", "/applications/{application_id}/guilds/{guild_id}"):
            add(f"GET {scope}/commands", "get_commands", commands.get)
            add(f"PUT {scope}/commands", "put_commands", commands.overwrite)
            add(f"POST {scope}/commands", "create_command", commands.create)
            add(f"DELETE {scope}/commands/{{command_id}}", "delete_command", commands.delete)

    def _add_messages(self, backend: Backend, messages: Messages) -> None:
        add, many, one = self._add, "/channels/{channel_id}/messages", "/channels/{channel_id}/messages/{message_id}"
        add(f"POST {many}", "create_message", messages.create)
        add(f"GET {many}", "get_messages", messages.list)
        add(f"GET {one}", "get_message", messages.get)
        add(f"PATCH {one}", "edit_message", messages.edit)
        add(f"DELETE {one}", "delete_message", messages.delete)
        add(f"POST {many}/bulk-delete", "bulk_delete", messages.bulk_delete)
        add("POST /channels/{channel_id}/typing", "typing", messages.typing)
        emoji = f"{one}/reactions/{{emoji}}"
        add(f"PUT {emoji}/@me", "add_reaction", partial(reactions.add, backend), bucket="reaction")
        add(f"DELETE {emoji}/@me", "remove_reaction", partial(reactions.remove, backend), bucket="reaction")
        add(f"DELETE {emoji}/{{user_id}}", "remove_reaction", partial(reactions.remove, backend), bucket="reaction")
        add(f"GET {emoji}", "get_reactions", partial(reactions.users, backend))

    def _add_channels(self, backend: Backend, limits: Limits) -> None:
        def add(spec: str, name: str, handler: Callable[[Backend, Request], Any]) -> None:
            self._add(spec, name, partial(handler, backend))

        one = "/channels/{channel_id}"
        add(f"GET {one}", "get_channel", channels.get)
        self._add(f"PATCH {one}", "modify_channel", partial(channels.modify, backend, limits))
        add(f"DELETE {one}", "delete_channel", channels.delete)
        add(f"POST {one}/messages/{{message_id}}/threads", "create_thread", channels.create_thread_from_message)
        add(f"POST {one}/threads", "create_thread", channels.create_thread)
        add(f"GET {one}/threads/archived/public", "get_archived_threads", channels.archived_threads)
        add(f"GET {one}/thread-members", "get_thread_members", channels.thread_members)
        for who in ("@me", "{user_id}"):
            add(f"PUT {one}/thread-members/{who}", "join_thread", channels.join_thread)
            add(f"DELETE {one}/thread-members/{who}", "leave_thread", channels.leave_thread)
        add(f"GET {one}/thread-members/{{user_id}}", "get_thread_member", channels.thread_member)

    def _add_interactions(self, backend: Backend, callbacks: Callbacks) -> None:
        def add(spec: str, name: str, handler: Handler, bucket: str = "webhook") -> None:
            self._add(spec, name, handler, bucket=bucket, open_=True)

        answer = "POST /interactions/{interaction_id}/{token}/callback"
        add(answer, "interaction_callback", callbacks.respond, "interaction_callback")
        hook = "/webhooks/{application_id}/{token}"
        add(f"POST {hook}", "followup", callbacks.followup)
        for which, name in (("@original", "original"), ("{message_id}", "followup")):
            add(f"GET {hook}/messages/{which}", f"get_{name}", callbacks.get)
            add(f"PATCH {hook}/messages/{which}", f"edit_{name}", callbacks.edit)
            add(f"DELETE {hook}/messages/{which}", f"delete_{name}", callbacks.delete)

"""Workspaces with the app installed, and what spans them: tokens and files. Everything bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gateway.emulators.common.values import PersonError
from gateway.emulators.slack.state import Channel, File, User
from gateway.emulators.slack.values import DEFAULT_EVENTS, DEFAULT_SCOPES, ApiError, Clock, new_id

MAX_FILES = 2_000
MAX_FILE_BYTES = 256 * 1024 * 1024
"""All files together; the oldest lose their content first."""


@dataclass(slots=True)
class Team:
    """A workspace with the app installed: its people, its bot, its token and what that token may do."""

    id: str
    name: str
    domain: str
    bot_token: str
    bot: User
    scopes: set[str] = field(default_factory=lambda: set(DEFAULT_SCOPES))
    events: set[str] = field(default_factory=lambda: set(DEFAULT_EVENTS))
    users: dict[str, User] = field(default_factory=dict[str, User])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])

    def channel(self, name: str) -> Channel:
        """By id or by name, for those who act as a person."""
        found = self.channels.get(name)
        if found is None:
            wanted = name.lstrip("#")
            found = next((c for c in self.channels.values() if c.name == wanted and c.kind != "im"), None)
        if found is None:
            raise PersonError(f"no channel {name}")
        return found

    def user(self, name: str) -> User:
        found = self.users.get(name)
        if found is None:
            found = next((u for u in self.users.values() if name.lower() in (u.name, u.real_name.lower())), None)
        if found is None:
            raise PersonError(f"no user {name}")
        return found

    def bot_channel(self, given: object) -> Channel:
        """The channel a Web API call names, which the bot can see."""
        channel = self.channels.get(given) if isinstance(given, str) else None
        if channel is None or (channel.kind != "channel" and self.bot.id not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def dm(self, user_id: str) -> Channel:
        """The direct message of a user with the bot, opened if need be."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user_id:
                return channel
        channel = Channel(new_id("D"), self.id, "", "im", members={user_id, self.bot.id}, user=user_id)
        self.channels[channel.id] = channel
        return channel


class World:
    """All workspaces, and what spans them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.base = ""
        self.app_id = "A0GATEWAY"
        self.teams: dict[str, Team] = {}
        self.tokens: dict[str, Team] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, File] = {}
        self.sign_in: Literal["page", "redirect"] = "page"
        """How a download is refused to those who may not read files."""
        self.grid = False
        """The workspace is one of an Enterprise Grid: downloads are redirected to another of Slack's hosts."""

    def add_team(
        self, team_id: str, name: str, *, bot_token: str, bot_user: str, bot_id: str, bot_name: str = "gateway"
    ) -> Team:
        bot = User(bot_user, team_id, bot_name, bot_name.title(), is_bot=True, bot_id=bot_id, app_id=self.app_id)
        team = Team(team_id, name, name.lower().replace(" ", "-"), bot_token, bot)
        team.users[bot.id] = bot
        self.teams[team_id] = team
        self.tokens[bot_token] = team
        return team

    def add_file(self, file: File) -> None:
        """Keep a file; beyond the bounds the oldest lose their content, then their entry."""
        self.files[file.id] = file
        self.uploads[file.secret] = file
        while len(self.files) > MAX_FILES:
            old = self.files.pop(next(iter(self.files)))
            self.uploads.pop(old.secret, None)

    def fit_files(self) -> None:
        total = sum(len(f.content) for f in self.files.values() if f.content is not None)
        for file in self.files.values():
            if total <= MAX_FILE_BYTES:
                return
            if file.content is not None:
                total -= len(file.content)
                file.content = None

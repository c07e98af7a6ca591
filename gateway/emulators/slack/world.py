"""The workspaces with the app installed, and the tokens and files of all of them. Every collection is bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from gateway.emulators.common.values import JSON, PersonError
from gateway.emulators.slack.state import Channel, File, User
from gateway.emulators.slack.values import DEFAULT_EVENTS, DEFAULT_SCOPES, ApiError, Clock, new_id

MAX_FILES = 2_000
"""Files kept; the oldest are forgotten first."""
MAX_FILE_BYTES = 256 * 1024 * 1024
"""Bytes of all files together; the oldest lose their content first."""


@dataclass(slots=True)
class Team:
    """A workspace with the app installed: its people, its bot, the bot's token and what the token may do."""

    id: str
    name: str
    domain: str
    bot_token: str
    bot: User
    scopes: set[str] = field(default_factory=lambda: set(DEFAULT_SCOPES))
    events: set[str] = field(default_factory=lambda: set(DEFAULT_EVENTS))
    enterprise: str | None = None
    """The organisation (Enterprise Grid) that the workspace belongs to."""
    installed: bool = True
    """Whether the app is installed, and hears of what happens."""
    org_wide: bool = False
    """Whether it is installed in the whole organisation."""
    users: dict[str, User] = field(default_factory=dict[str, User])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    groups: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Ids of the people of each user group."""

    def is_shared(self, channel_id: object) -> bool:
        """Return whether people of another workspace are in a channel (Slack Connect)."""
        channel = self.channels.get(channel_id) if isinstance(channel_id, str) else None
        members = () if channel is None else channel.members
        return any(id in self.users and self.users[id].team_id != self.id for id in members)

    def channel(self, name: str) -> Channel:
        """Return a channel by id or by name. Raises ``PersonError`` when there is none."""
        found = self.channels.get(name)
        if found is None:
            wanted = name.lstrip("#")
            found = next((c for c in self.channels.values() if c.name == wanted and c.kind != "im"), None)
        if found is None:
            raise PersonError(f"no channel {name}")
        return found

    def user(self, name: str) -> User:
        """Return a user by id or by name. Raises ``PersonError`` when there is none."""
        found = self.users.get(name)
        if found is None:
            found = next((u for u in self.users.values() if name.lower() in (u.name, u.real_name.lower())), None)
        if found is None:
            raise PersonError(f"no user {name}")
        return found

    def bot_channel(self, given: object) -> Channel:
        """Return the channel that a Web API call names. Raises ``channel_not_found`` when the bot cannot see it."""
        channel = self.channels.get(given) if isinstance(given, str) else None
        if channel is None or (channel.kind != "channel" and self.bot.id not in channel.members):
            raise ApiError("channel_not_found")
        return channel

    def dm(self, user_id: str) -> Channel:
        """Return the direct message of a user with the bot, opening it if necessary."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user_id:
                return channel
        channel = Channel(new_id("D"), self.id, "", "im", members={user_id, self.bot.id}, user=user_id)
        self.channels[channel.id] = channel
        return channel


@dataclass(slots=True)
class Org:
    """An organisation (Enterprise Grid) and its workspaces that the app is added to."""

    id: str
    name: str
    teams: list[Team]


class World:
    """All workspaces, and the tokens, files and message clock they share. ``base`` is the emulator's own URL."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.base = ""
        self.app_id = "A0GATEWAY"
        self.teams: dict[str, Team] = {}
        self.tokens: dict[str, Team] = {}
        self.orgs: dict[str, Org] = {}
        self.org_tokens: dict[str, Org] = {}
        """The tokens of installations in whole organisations."""
        self.ended: dict[str, str] = {}
        """Tokens that are not valid any more, with Slack's error code for each."""
        self.first_use: dict[str, Callable[[], object]] = {}
        """What happens when a token is used for the first time."""
        self.files: dict[str, File] = {}
        self.uploads: dict[str, File] = {}
        self.sign_in: Literal["page", "redirect"] = "page"
        """What a download without permission gets: Slack's sign-in page, or a redirect to it."""
        self.grid = False
        """Whether the workspaces belong to an Enterprise Grid, whose downloads are redirected to another host."""

    def add_team(
        self, team_id: str, name: str, *, bot_token: str, bot_user: str, bot_id: str, bot_name: str = "gateway"
    ) -> Team:
        """Add a workspace with the app installed."""
        bot = User(bot_user, team_id, bot_name, bot_name.title(), is_bot=True, bot_id=bot_id, app_id=self.app_id)
        team = Team(team_id, name, name.lower().replace(" ", "-"), bot_token, bot)
        team.users[bot.id] = bot
        self.teams[team_id] = team
        self.tokens[bot_token] = team
        return team

    def team_of(self, token: str, args: JSON) -> Team | None:
        """Return the workspace that a call with a token is for: with that of an organisation, the one whose channel or
        person it names, or which it names by ``team_id``. None for a token that is not valid."""
        team = self.tokens.get(token)
        org = self.org_tokens.get(token)
        if team is None and org is not None:
            channel, user = args.get("channel") or args.get("channel_id"), args.get("user") or args.get("users")
            named = (t for t in org.teams if t.id == args.get("team_id") or channel in t.channels or user in t.users)
            team = next(named, org.teams[0])
        if team is not None and (happens := self.first_use.pop(token, None)) is not None:
            happens()
        return team

    def add_file(self, file: File) -> None:
        """Keep a file. Beyond ``MAX_FILES`` the oldest is forgotten."""
        self.files[file.id] = file
        self.uploads[file.secret] = file
        while len(self.files) > MAX_FILES:
            old = self.files.pop(next(iter(self.files)))
            self.uploads.pop(old.secret, None)

    def fit_files(self) -> None:
        """Drop the content of the oldest files until all files together fit into ``MAX_FILE_BYTES``."""
        total = sum(len(f.content) for f in self.files.values() if f.content is not None)
        for file in self.files.values():
            if total <= MAX_FILE_BYTES:
                return
            if file.content is not None:
                total -= len(file.content)
                file.content = None

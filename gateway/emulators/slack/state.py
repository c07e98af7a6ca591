"""The state of a Slack workspace (users, channels, messages, files) and how the Web API shows it. Contains no rules."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.emulators.common.values import JSON

ChannelKind = Literal["channel", "group", "im"]
"""A public channel, a private channel (``group``) or a direct message (``im``)."""

MAX_CHANNEL_MESSAGES = 20_000
"""Messages kept in a channel; the oldest are forgotten first."""


@dataclass(slots=True)
class User:
    """A person or an app's bot in a workspace."""

    id: str
    team_id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    deleted: bool = False
    guest: Literal["", "multi", "single"] = ""
    """Whether the person is a guest of the workspace: in several channels, or in one."""

    @property
    def display_name(self) -> str:
        """The name the person chose to be called by."""
        return self.name.capitalize()

    def wire(self, *, with_email: bool, seen_from: str = "") -> JSON:
        """Return the user as the Web API shows it. The e-mail address needs a scope of its own. ``seen_from``: the
        workspace that asks, to which people of another one are strangers (Slack Connect)."""
        profile: JSON = {
            "real_name": self.real_name,
            "real_name_normalized": self.real_name,
            "display_name": self.display_name,
            "display_name_normalized": self.display_name,
            "image_72": f"https://example.invalid/avatars/{self.id}_72.png",
            "team": self.team_id,
        }
        if with_email and self.email:
            profile["email"] = self.email
        if self.bot_id:
            profile |= {"bot_id": self.bot_id, "api_app_id": self.app_id}
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": "Europe/London",
            "tz_label": "Greenwich Mean Time",
            "tz_offset": 0,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": bool(self.guest),
            "is_ultra_restricted": self.guest == "single",
            "is_stranger": bool(seen_from) and seen_from != self.team_id,
            "updated": 1_700_000_000,
            "profile": profile,
        }


@dataclass(slots=True)
class Stream:
    """A message that is being streamed. ``parts`` are its blocks so far; Markdown is appended to the last one.
    ``touched`` is the monotonic time of the last append."""

    touched: float
    mode: str
    parts: list[JSON] = field(default_factory=list[JSON])
    stopped_by_user: bool = False


@dataclass(slots=True)
class Message:
    """A message. ``wire`` is the message as the Web API shows it, without metadata."""

    wire: JSON
    metadata: JSON | None = None
    stream: Stream | None = None
    stopped_by_user: bool = False
    ephemeral_for: str | None = None

    @property
    def ts(self) -> str:
        """The message's id, which is its timestamp."""
        ts: str = self.wire["ts"]
        return ts

    @property
    def thread_ts(self) -> str | None:
        """The ``ts`` of the thread's parent, or None outside of threads."""
        thread: str | None = self.wire.get("thread_ts")
        return thread

    @property
    def is_reply(self) -> bool:
        """Whether the message is a reply in a thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Channel:
    """A channel or a direct message with its messages. ``members`` are user ids."""

    id: str
    team_id: str
    name: str
    kind: ChannelKind
    members: set[str] = field(default_factory=set[str])
    user: str | None = None
    archived: bool = False
    threads: bool = True
    """Whether messages in the channel can have replies; an administrator can turn that off."""
    created: int = field(default_factory=lambda: int(time.time()))
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    replies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def wire(self, *, bot_user: str) -> JSON:
        """Return the channel as the Web API shows it to this bot."""
        if self.kind == "im":
            return {
                "id": self.id,
                "created": self.created,
                "is_im": True,
                "is_org_shared": False,
                "user": self.user,
                "is_archived": self.archived,
                "is_open": True,
                "context_team_id": self.team_id,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "created": self.created,
            "is_channel": self.kind == "channel",
            "is_group": self.kind == "group",
            "is_im": False,
            "is_mpim": False,
            "is_private": self.kind == "group",
            "is_archived": self.archived,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_member": bot_user in self.members,
            "num_members": len(self.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "context_team_id": self.team_id,
        }

    def add(self, message: Message) -> None:
        """Keep a message and count it at its parent. Beyond ``MAX_CHANNEL_MESSAGES`` the oldest is forgotten."""
        if len(self.messages) >= MAX_CHANNEL_MESSAGES:
            oldest = next(iter(self.messages))
            del self.messages[oldest]
            self.replies.pop(oldest, None)
        ts = message.ts
        self.messages[ts] = message
        if message.ephemeral_for is not None:
            return
        thread = message.thread_ts
        if thread is not None and thread != ts:
            self.replies.setdefault(thread, []).append(ts)
            parent = self.messages.get(thread)
            if parent is not None:
                author = message.wire.get("user")
                users: list[str] = parent.wire.setdefault("reply_users", [])
                if author and author not in users:
                    users.append(author)
                parent.wire |= {
                    "thread_ts": thread,
                    "reply_count": parent.wire.get("reply_count", 0) + 1,
                    "reply_users_count": len(users),
                    "latest_reply": ts,
                }

    def remove(self, message: Message) -> None:
        """Forget a message. A parent that has replies stays as Slack's tombstone."""
        ts = message.ts
        if self.replies.get(ts):
            message.wire = {
                "type": "message",
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": "USLACKBOT",
                "hidden": True,
                "ts": ts,
                "thread_ts": ts,
                "reply_count": len(self.replies[ts]),
            }
            message.metadata = message.stream = None
            return
        del self.messages[ts]
        thread = message.thread_ts
        if thread is not None and ts in self.replies.get(thread, ()):
            self.replies[thread].remove(ts)
            parent = self.messages.get(thread)
            if parent is not None:
                parent.wire["reply_count"] = len(self.replies[thread])

    def find(self, ts: str) -> Message | None:
        """Return a message by its ``ts``, or None. Ephemeral messages cannot be found."""
        message = self.messages.get(ts)
        return None if message is None or message.ephemeral_for is not None else message


@dataclass(slots=True)
class File:
    """An uploaded file. ``content`` is None before the upload and after the file was dropped to save memory."""

    id: str
    team_id: str
    user: str
    name: str
    title: str
    mimetype: str
    size: int
    secret: str
    content: bytes | None = None
    complete: bool = False
    deleted: bool = False
    shares: dict[str, list[JSON]] = field(default_factory=dict[str, list[JSON]])
    created: int = field(default_factory=lambda: int(time.time()))
    bare: bool = False
    """Events contain only the file's id, as they do for files of another organisation (Slack Connect)."""
    fields: JSON = field(default_factory=dict[str, Any])
    """Fields its file object has besides or instead: ``mode``, ``subtype``, ``is_external`` and so on."""
    served_as: str | None = None
    """The media type that downloads have, where it differs from ``mimetype``."""
    moved_to: str | None = None
    """The URL that downloads are redirected to, or None."""

    def shown(self, base: str) -> JSON:
        """Return the file object as events show it in a message."""
        if not self.bare:
            return self.wire(base)
        access = {"mode": "file_access", "file_access": "check_file_info"}
        return {"id": self.id, "created": 0, "timestamp": 0, "user": "", **access}

    def wire(self, base: str, *, shares: bool = False) -> JSON:
        """Return the file object as the Web API shows it. ``shares``: with the places where it was shared."""
        filetype = self.name.rpartition(".")[2].lower() if "." in self.name else "binary"
        url = f"{base}/files-pri/{self.team_id}-{self.id}"
        wire: JSON = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title,
            "mimetype": self.mimetype,
            "filetype": filetype,
            "pretty_type": filetype.upper(),
            "user": self.user,
            "user_team": self.team_id,
            "editable": False,
            "size": self.size,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "url_private": f"{url}/{self.name}",
            "url_private_download": f"{url}/download/{self.name}",
            "permalink": f"{base}/files/{self.user}/{self.id}/{self.name}",
            "file_access": "visible",
            **self.fields,
        }
        if shares and self.shares:
            wire["shares"] = {
                kind: {c: list(s) for c, s in self.shares.items() if (c[0] == "C") == (kind == "public")}
                for kind in ("public", "private")
                if any((c[0] == "C") == (kind == "public") for c in self.shares)
            }
        return wire

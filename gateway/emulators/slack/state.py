"""What a Slack workspace holds: users, channels, messages, files, and how the Web API shows them. No rules here."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.emulators.common.values import JSON

ChannelKind = Literal["channel", "group", "im"]

MAX_CHANNEL_MESSAGES = 20_000


@dataclass(slots=True)
class User:
    id: str
    team_id: str
    name: str
    real_name: str
    email: str | None = None
    is_bot: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    deleted: bool = False

    @property
    def display_name(self) -> str:
        """What the person chose to be called."""
        return self.name.capitalize()

    def wire(self, *, with_email: bool) -> JSON:
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
            "is_restricted": False,
            "updated": 1_700_000_000,
            "profile": profile,
        }


@dataclass(slots=True)
class Stream:
    """A message being streamed. ``parts`` are its blocks so far; markdown grows in the last one."""

    touched: float
    mode: str
    parts: list[JSON] = field(default_factory=list[JSON])
    stopped_by_user: bool = False


@dataclass(slots=True)
class Message:
    """``wire`` is the message as the Web API shows it, without metadata."""

    wire: JSON
    metadata: JSON | None = None
    stream: Stream | None = None
    stopped_by_user: bool = False
    ephemeral_for: str | None = None

    @property
    def ts(self) -> str:
        ts: str = self.wire["ts"]
        return ts

    @property
    def thread_ts(self) -> str | None:
        thread: str | None = self.wire.get("thread_ts")
        return thread

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class Channel:
    id: str
    team_id: str
    name: str
    kind: ChannelKind
    members: set[str] = field(default_factory=set[str])
    user: str | None = None
    archived: bool = False
    threads: bool = True
    """Whether its messages take replies; an administrator can turn that off."""
    created: int = field(default_factory=lambda: int(time.time()))
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    replies: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def wire(self, *, bot_user: str) -> JSON:
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
        """Keep a message, counting it at its parent; the oldest makes room."""
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
        """Forget a message; a parent with replies stays as Slack's tombstone."""
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
        message = self.messages.get(ts)
        return None if message is None or message.ephemeral_for is not None else message


@dataclass(slots=True)
class File:
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
    """Events tell nothing but its id, as of files out of another organisation (Slack Connect)."""
    fields: JSON = field(default_factory=dict[str, Any])
    """What its file object says besides, or instead: ``mode``, ``subtype``, ``is_external``, …"""
    served_as: str | None = None
    """The media type its bytes are served with, where that is not ``mimetype``."""
    moved_to: str | None = None
    """Where a download is redirected to."""

    def shown(self, base: str) -> JSON:
        """The file object in a message."""
        if not self.bare:
            return self.wire(base)
        access = {"mode": "file_access", "file_access": "check_file_info"}
        return {"id": self.id, "created": 0, "timestamp": 0, "user": "", **access}

    def wire(self, base: str, *, shares: bool = False) -> JSON:
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

"""Turns a gateway dispatch into an ``Envelope``: the delivery key, the conversation, or the reason it is ignored.

A delivery key names the thing itself, so that what a RESUME replays is recognised. Where Discord gives a thing no id of
its own (a reaction), the key is the dispatch's session and sequence number, which a replay repeats.

The stored body is Discord's payload under ``d`` and its name under ``t``, with what only the moment of arrival knows:
who the bot is, and the names of the channels and roles that the text mentions.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapters.discord import conversations, tokens
from adapters.discord.conversations import UNKNOWN, Unknown
from adapters.discord.directory import Directory
from adapters.discord.fields import number, seconds
from adapters.discord.recent import RecentMessages
from adapters.discord.words import written_in
from adapters.fields import Json, obj, text
from gateway.model import ConversationRef, Envelope

SPOKEN = frozenset({0, 19})
"""Message types that are a person's words: ordinary messages and replies. Every other type is Discord's own note, or
the answer to a command (Message resource, Message Types)."""
_NAMED = re.compile(r"<(#|@&)(\d{1,20})>")


class Ignored:
    """A dispatch that is ignored; ``why`` is counted."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


OWN = Ignored("own")
BOT = Ignored("bot")
NOT_ADDRESSED = Ignored("not_addressed")
NOT_SPOKEN = Ignored("not_spoken")
MALFORMED = Ignored("malformed")
"""Why a dispatch is ignored: own message, another bot's, not meant for the bot, not a person's words, malformed."""

Found = Envelope | Ignored | Unknown
"""The result of reading a dispatch: an envelope, why it is ignored, or that its channel has to be looked up first."""


def by_bot(message: Json, me: str) -> Ignored | None:
    """Return why a message is not a person's; None for a person's message."""
    author = message.get("author")
    if not isinstance(author, dict):
        return MALFORMED
    if author.get("id") == me:
        return OWN
    return BOT if author.get("bot") or message.get("webhook_id") else None


def message(kind: str, data: Json, directory: Directory) -> Found:
    """Read MESSAGE_CREATE, or MESSAGE_UPDATE if a person edited the text (previews, pins and a new thread are no
    edits)."""
    if (why := by_bot(data, directory.me)) is not None:
        return why
    if number(data, "type", 0) not in SPOKEN:
        return NOT_SPOKEN
    id, channel, guild = text(data, "id"), text(data, "channel_id"), text(data, "guild_id")
    if not id or not channel:
        return MALFORMED
    role = directory.own_role(guild) if data.get("mention_roles") else ""
    addressed = conversations.mentions(data, directory.me, role)
    mark = ""
    if kind == "MESSAGE_UPDATE":
        mark = text(data, "edited_timestamp")
        if not mark:
            return NOT_SPOKEN
        mark = f":edit:{mark}"
        addressed = addressed or directory.get(id) is not None
    ref = conversations.of_message(data, directory, addressed=addressed)
    if ref is None:
        return NOT_ADDRESSED
    if isinstance(ref, Unknown):
        return UNKNOWN
    body: dict[str, Any] = {"t": kind, "d": data, "bot": directory.me}
    if role:
        body["role"] = role
    if names := names_in(data, guild, directory):
        body["names"] = names
    return _envelope(f"{id}{mark}", ref, body)


def names_in(message: Json, guild: str, directory: Directory) -> dict[str, str]:
    """Return the names of the channels and roles that a message mentions, and that the messages it refers to mention,
    by id."""
    return {id: name for id, name in _names(message, guild, directory) if name}


def lacks_names(message: Json, guild: str, directory: Directory) -> bool:
    """Return whether a message mentions channels or roles of which the name is not known."""
    return not all(name for _, name in _names(message, guild, directory))


def _names(message: Json, guild: str, directory: Directory) -> Iterator[tuple[str, str]]:
    """Yield the id and the name of each channel and role that is mentioned; an empty name for one not known."""
    for written in written_in(message):
        if "<#" in written or "<@&" in written:
            for sign, id in _NAMED.findall(written):
                channel = directory.get(id)
                yield id, directory.role(guild, id) if sign == "@&" else channel.name if channel else ""


def deleted(data: Json, directory: Directory, recent: RecentMessages) -> Found:
    """Read MESSAGE_DELETE. Discord does not say whose message it was: for one in a channel only ``RecentMessages`` can
    tell whether it was said to the bot, and one from before this process is assumed to have been."""
    id, channel, guild = text(data, "id"), text(data, "channel_id"), text(data, "guild_id")
    if not id or not channel:
        return MALFORMED
    where = directory.get(channel)
    body: dict[str, Any] = {"t": "MESSAGE_DELETE", "d": data}
    if where is None or where.is_thread or directory.get(id) is not None:
        return _envelope(f"{id}:delete", conversations.of_thing(guild, channel, id, directory), body)
    root = recent.root_of(id) or (id if seconds(id) < recent.since else "")
    if not root:
        return NOT_ADDRESSED
    return _envelope(f"{id}:delete", conversations.thread(guild, root, parent=channel), body)


def reaction(kind: str, data: Json, directory: Directory, recent: RecentMessages, place: str) -> Found:
    """Read MESSAGE_REACTION_ADD or MESSAGE_REACTION_REMOVE. In a channel ``recent`` knows to which conversation an
    answer of the bot, or a person's reply to it, belongs."""
    id, channel, user = text(data, "message_id"), text(data, "channel_id"), text(data, "user_id")
    if not id or not channel or not user:
        return MALFORMED
    if user == directory.me:
        return OWN
    if obj(obj(data, "member"), "user").get("bot"):
        return BOT
    where, guild = directory.get(channel), text(data, "guild_id")
    root = recent.root_of(id) if where is None or not where.is_thread else ""
    if guild and root:
        ref = conversations.thread(guild, root, parent=channel)
    else:
        ref = conversations.of_thing(guild, channel, id, directory)
    return _envelope(f"{id}:reaction:{place}", ref, {"t": kind, "d": data})


def thread_gone(kind: str, guild: str, id: str) -> Envelope:
    """Return the envelope for the deletion of a thread, or of the channel it was in."""
    return _envelope("deleted", conversations.thread(guild, id), {"t": kind, "d": {"id": id}})


def channel_gone(kind: str, guild: str, id: str) -> Envelope:
    """Return the envelope for the deletion of a channel."""
    return _envelope("deleted", conversations.group(guild, id), {"t": kind, "d": {"id": id}})


def removed_from_thread(data: Json, directory: Directory, place: str) -> Found:
    """Read THREAD_MEMBERS_UPDATE, which matters only when somebody removed the bot."""
    id, guild, gone = text(data, "id"), text(data, "guild_id"), data.get("removed_member_ids")
    if not id or not guild or not isinstance(gone, list) or directory.me not in gone:
        return NOT_ADDRESSED
    told = {"t": "THREAD_MEMBERS_UPDATE", "d": {"id": id}}
    return _envelope(f"left:{place}", conversations.thread(guild, id), told)


def removed(kind: str, guild: str, place: str) -> Envelope:
    """Return the envelope for the bot's removal from a server. The bot may come back and be removed again, so the key
    names the dispatch."""
    return _envelope(f"left:{place}", conversations.server(guild), {"t": kind, "d": {"id": guild}})


def interaction(data: Json, directory: Directory, *, now: float) -> Found:
    """Read INTERACTION_CREATE: a click, a form, a command. Its token, which expires after 15 minutes, is moved from the
    body to the route. ``now`` is the time by the clock of all replicas (epoch seconds)."""
    id, token = text(data, "id"), text(data, "token")
    ref = conversations.of_interaction(data, directory)
    if not id or not token or not tokens.person_of(data) or ref is None:
        return MALFORMED
    route = {**ref.route, **tokens.route_of(data, now=now)}
    body: dict[str, Any] = {
        "t": "INTERACTION_CREATE",
        "d": {name: value for name, value in data.items() if name != "token"},
    }
    if number(data, "type") == tokens.COMMAND and (command := directory.commands.get(text(obj(data, "data"), "name"))):
        body["command"] = command
    return _envelope(id, replace(ref, route=route), body)


def _envelope(mark: str, ref: ConversationRef, body: dict[str, Any]) -> Envelope:
    key = f"discord:{ref.workspace}:{ref.channel}:{mark}"
    return Envelope(key=key, ref=ref, body=body, received_at=time.time())

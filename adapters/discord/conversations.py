"""Decides which conversation something belongs to; every rule of that is in this module.

Theory. A Discord thread is a channel of its own: a message in a thread names the thread as its channel and nothing
else. A thread opened from a message gets that message's id. So a mention in a text channel already tells the id its
thread will have, before anybody opens it: the conversation *is* that thread from its first word, with the same key for
the mention and for every reply below it, also after a restart. The thread itself is opened with the first answer
(``adapters.discord.threads``); until then the ref's route holds ``parent``, the channel it will be in, and ``title``,
its name.

* A mention in a text or announcement channel belongs to the thread of that message.
* A message in a thread or forum post belongs to that thread, mention or not. (A forum post is a thread whose first
  message has the thread's id.)
* A mention where Discord has no threads (voice and stage channels), or where none could be opened: the conversation
  still has the mention's id; its answers are posted in the channel as replies to it, and a reply to such an answer
  continues it.
* A direct message belongs to the channel of the two. Its workspace is ``dm``.
* A slash command in a channel belongs to the channel itself (kind ``group``); in a thread or direct message to that
  conversation.

``@everyone`` and roles do not mention the bot, except for the role Discord made for it. A reply that notifies the bot
is a mention: Discord counts it so.
"""

import re

from adapters.discord.directory import DM, HIDDEN, THREADS, Directory
from adapters.discord.fields import number
from adapters.discord.limits import THREAD_NAME
from adapters.fields import Json, obj, text
from gateway.markdown.blocks import Kind
from gateway.markdown.code import code_ranges
from gateway.markdown.edits import Edit, edited
from gateway.markdown.headings import heading
from gateway.markdown.parts import Prose, parts
from gateway.markdown.words import plain_text
from gateway.model import ConversationRef

PARENT = "parent"
"""Key in a ref's route: the channel that the thread is in, or will be in."""
TITLE = "title"
"""Key in a ref's route: the name the thread will get."""
FLAT = "flat"
"""Key in a ref's route: the channel has no threads, so answers are replies in the parent channel."""

_LOOKED_AT = 4_000
"""Characters of a message that are read to name its thread; no message is longer."""
_BARS = re.compile(r"(?<!\\)\|\|")
_TOKEN = re.compile(r"<(?:@[!&]?|#|a?:\w+:|t:|/[^:<>]+:)[^<>\s]*>")


class Unknown:
    """The value for a channel that is not known and has to be looked up first."""


UNKNOWN = Unknown()
"""The one ``Unknown``."""


def thread(guild: str, id: str, **route: str) -> ConversationRef:
    """Return the ref of a thread, whether it is open or still to be opened."""
    known = {name: value for name, value in route.items() if value}
    return ConversationRef(platform="discord", workspace=guild, channel=id, thread=id, kind="thread", route=known)


def direct(channel: str) -> ConversationRef:
    """Return the ref of the direct messages with one person."""
    return ConversationRef(platform="discord", workspace="dm", channel=channel, kind="dm")


def group(guild: str, channel: str) -> ConversationRef:
    """Return the ref of a channel as a whole."""
    return ConversationRef(platform="discord", workspace=guild, channel=channel, kind="group")


def server(guild: str) -> ConversationRef:
    """Return the ref that stands for every conversation in a server."""
    return ConversationRef(platform="discord", workspace=guild, channel="", kind="group")


def mentions(message: Json, me: str, role: str) -> bool:
    """Return whether a message mentions the bot, by its id or by the role Discord made for it."""
    users, roles = message.get("mentions"), message.get("mention_roles")
    for user in users if isinstance(users, list) else ():
        if isinstance(user, dict) and user.get("id") == me:
            return True
    return bool(role) and isinstance(roles, list) and role in roles


def of_message(message: Json, directory: Directory, *, addressed: bool) -> ConversationRef | Unknown | None:
    """Return the conversation of a person's message; None for talk in a channel that is not meant for the bot."""
    channel_id, guild = text(message, "channel_id"), text(message, "guild_id")
    if not guild:
        return direct(channel_id)
    channel = directory.get(channel_id)
    if channel is None:
        return UNKNOWN
    if channel.is_thread:
        return thread(guild, channel_id, parent=channel.parent)
    if root := answered(message, directory.me):
        return thread(guild, root, parent=channel_id, flat="1")
    if not addressed:
        # A channel that cannot be looked up may be a thread the bot takes part in.
        return thread(guild, channel_id) if channel.kind == HIDDEN else None
    flat = "" if channel.takes_threads or channel.kind == HIDDEN else "1"
    return thread(guild, text(message, "id"), parent=channel_id, title=title_of(message), flat=flat)


def answered(message: Json, me: str) -> str:
    """Return the id of the mention a reply goes back to: the reply is to an answer of the bot, which itself replied to
    that mention. Empty if there is none."""
    answer = message.get("referenced_message")
    if not isinstance(answer, dict) or text(obj(answer, "author"), "id") != me:
        return ""
    return root_of(answer)


def root_of(answer: Json) -> str:
    """Return the id of the mention that one of the bot's own messages replies to."""
    return text(obj(answer, "message_reference"), "message_id")


def of_thing(guild: str, channel_id: str, message_id: str, directory: Directory) -> ConversationRef:
    """Return the conversation in which something happened to a message (a reaction, an edit, a deletion). In a channel
    that is taken to be the conversation the message began."""
    if not guild:
        return direct(channel_id)
    channel = directory.get(channel_id)
    if channel is not None and not channel.is_thread:
        return thread(guild, message_id, parent=channel_id)
    # Archived threads are not known; a message in one would wake it.
    return thread(guild, channel_id, parent=channel.parent if channel else "")


def of_interaction(data: Json, directory: Directory) -> ConversationRef | None:
    """Return the conversation of a click, a form or a command; None if the payload names no channel, which Discord
    calls optional."""
    guild, channel = text(data, "guild_id"), obj(data, "channel")
    channel_id = text(data, "channel_id") or text(channel, "id")
    if not channel_id:
        return None
    if not guild or number(channel, "type") == DM:
        return direct(channel_id)
    known = directory.get(channel_id)
    if number(channel, "type") in THREADS or (not channel and known is not None and known.is_thread):
        return thread(guild, channel_id, parent=text(channel, "parent_id") or (known.parent if known else ""))
    if root := root_of(obj(data, "message")):
        return thread(guild, root, parent=channel_id, flat="1")
    return group(guild, channel_id)


def title_of(message: Json) -> str:
    """Return the name for the thread of a mention: the first words of the message, else its author's name. Names show
    no Markdown, so its marks are left out; so are code blocks and spoilers."""
    words = _first_words(_TOKEN.sub("", text(message, "content")[:_LOOKED_AT]))
    if not words:
        return f"Conversation with {name_of(message)}"[:THREAD_NAME]
    if len(words) <= THREAD_NAME:
        return words
    return words[: THREAD_NAME - 1].rsplit(" ", 1)[0][: THREAD_NAME - 1] + "…"


def _first_words(written: str) -> str:
    for part in parts(_without_spoilers(written)):
        if not isinstance(part, Prose):
            continue
        for line in part.block.lines:
            title = heading(part) if part.block.kind is Kind.HEADING else None
            said = title.text if title else part.content(line).removeprefix("-# ")
            words = " ".join(plain_text(said).split())
            if any(character.isalnum() for character in words) or words.strip("#>*_~`|-=. "):
                return words
    return ""


def _without_spoilers(written: str) -> str:
    """Return the text without what is between two pairs of bars; bars in code hide nothing."""
    code = code_ranges(written) if "||" in written else []
    bars: list[int] = []
    for found in _BARS.finditer(written):
        while code and code[0].end <= found.start():
            code.pop(0)
        if not code or code[0].start > found.start():
            bars.append(found.start())
    return edited(written, [Edit(start, end + 2, " ") for start, end in zip(bars[::2], bars[1::2], strict=False)])


def name_of(message: Json) -> str:
    """Return the name that the author of a message has in that server."""
    return text(obj(message, "member"), "nick") or author_of(message) or "somebody"


def author_of(message: Json) -> str:
    """Return the name that the author of a message has everywhere; empty where Discord does not tell."""
    author = obj(message, "author")
    return text(author, "global_name") or text(author, "username")

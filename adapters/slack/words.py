"""Reads the words of a Slack message, wherever it carries them, and the messages it refers to. Pure.

A person's words are in ``blocks``, else in ``text``; pasted tables and the words of alerts are in ``attachments``, and
so are messages that were forwarded or whose link was pasted, which are somebody else's words.
"""

import re
from typing import Literal

from adapters.fields import Json, items, obj, text
from adapters.slack.blocks import from_blocks
from adapters.slack.file_objects import remote_file
from adapters.slack.mrkdwn import from_mrkdwn
from adapters.slack.rich_text import link, quoted
from gateway.model import Reference

_DEEPEST = 4
"""Levels of forwarded forwards that are read."""
_NOT_WORDS = re.compile(r":[\w+'-]+:|[\W_]+")
_NO_PREVIEW = "[no preview available]"


def to_markdown(message: Json, bot_user: str) -> str:
    """Return a message's own words as Markdown, without the mention of the bot."""
    said = _said(message, bot_user)
    return said if "attachments" not in message else _joined(said, *_attached(message, bot_user, 0))


def transcript(message: Json, bot_user: str) -> str:
    """Return a message's own words, and below them, as quotes, the messages it refers to."""
    said = to_markdown(message, bot_user)
    return said if "attachments" not in message else _joined(said, *_quotes(message, 0))


def references(message: Json, workspace: str) -> tuple[Reference, ...]:
    """Return the messages that a message forwards, or links to where Slack unfolds the link."""
    if "attachments" not in message:
        return ()
    found = [_reference(each, workspace) for each in items(message, "attachments") if _is_message(each)]
    return tuple([each for each in found if each.text or each.author or each.files])


def _joined(*parts: str) -> str:
    return "\n\n".join([part for part in parts if part])


def _said(message: Json, bot_user: str) -> str:
    """Return the words of the blocks, which is what Slack shows; those of ``text`` where there are no blocks, and where
    another app put words into ``text`` that its blocks lack."""
    blocks, written = items(message, "blocks"), text(message, "text")
    shown = from_blocks(blocks, bot_user).strip() if blocks else ""
    if not shown:
        return from_mrkdwn(written, bot_user).strip()
    if not written or any([block.get("type") == "rich_text" for block in blocks]):
        return shown  # written in Slack's editor, which makes the text from the blocks
    beside = from_mrkdwn(written, bot_user).strip()
    return shown if _letters(beside) in _letters(shown) else f"{beside}\n\n{shown}"


def _letters(written: str) -> str:
    return _NOT_WORDS.sub("", written).casefold()


def _is_message(attachment: Json) -> bool:
    return attachment.get("is_share") is True or attachment.get("is_msg_unfurl") is True


def _is_preview(attachment: Json) -> bool:
    """Return whether an attachment only previews a link that is in the text."""
    return any([text(attachment, name) for name in ("from_url", "original_url", "app_unfurl_url")])


def _attached(message: Json, bot_user: str, depth: int) -> list[str]:
    """Return the attachments that are the message's own words."""
    own = [each for each in items(message, "attachments") if not _is_message(each) and not _is_preview(each)]
    return [_attachment(each, bot_user, depth) for each in own]


def _attachment(attachment: Json, bot_user: str, depth: int) -> str:
    title, address = from_mrkdwn(text(attachment, "title")).strip(), text(attachment, "title_link")
    lines = [
        from_mrkdwn(text(attachment, "pretext"), bot_user),
        text(attachment, "author_name"),
        link(title, address) if title and address else title and f"**{title}**",
        _said(attachment, bot_user),
        *(_field(field) for field in items(attachment, "fields")),
    ]
    found = "\n".join([line for line in lines if line.strip()])
    if depth < _DEEPEST:
        found = _joined(found, *_attached(attachment, bot_user, depth + 1))
    return found or _fallback(attachment)


def _field(field: Json) -> str:
    title, value = text(field, "title").strip(), from_mrkdwn(text(field, "value"))
    return f"**{title}**\n{value}" if title else value


def _fallback(attachment: Json) -> str:
    fallback = text(attachment, "fallback").strip()
    return "" if fallback.lower() == _NO_PREVIEW else from_mrkdwn(fallback)


def _reference(share: Json, workspace: str) -> Reference:
    kind: Literal["forward", "quote"] = "forward" if share.get("is_share") is True else "quote"
    files = [file for each in (share, *_messages(share)) for file in items(each, "files")]
    found = {file.id: file for each in files if (file := remote_file(each, workspace)) is not None}
    return Reference(
        kind=kind,
        message_id=text(share, "ts") or None,
        author=_author(share),
        text=_shared(share, 0),
        files=tuple(found.values()),
    )


def _messages(share: Json) -> list[Json]:
    """Return the messages inside of a share, each with its blocks."""
    return [obj(each, "message") for each in items(share, "message_blocks")]


def _author(share: Json) -> str:
    return text(share, "author_name") or text(share, "author_subname")


def _shared(share: Json, depth: int) -> str:
    """Return the words of a message that another one refers to."""
    inside = _messages(share)
    blocks = [block for each in (share, *inside) for block in items(each, "blocks")]
    body = {**share, "text": text(share, "text") or _joined(*(text(each, "text") for each in inside)), "blocks": blocks}
    below = [words for each in inside for words in _attached(each, "", depth + 1)]
    beneath = [quote for each in (share, *inside) for quote in _quotes(each, depth + 1)]
    # The author is shown separately; the fallback of a share names the author again.
    said = _attachment({**body, "author_name": "", "fallback": ""}, "", depth)
    return _joined(said, *below, *beneath) or _fallback(share)


def _quotes(message: Json, depth: int) -> list[str]:
    if depth >= _DEEPEST:
        return []
    return [quote for each in items(message, "attachments") if _is_message(each) and (quote := _quote(each, depth))]


def _quote(share: Json, depth: int) -> str:
    said, author = _shared(share, depth), _author(share)
    lines = [f"**{author}:**" if author else "", said]
    return quoted("\n".join([line for line in lines if line])) if said else ""

"""Reads the words of a message as Markdown: its content, embeds, text displays, poll and stickers. Pure.

https://docs.discord.com/developers/resources/message#message-object and /components/reference.
"""

from collections.abc import Iterator, Mapping

from adapters.discord.fields import number
from adapters.discord.markdown import readable, without_bot
from adapters.fields import Json, items, obj, text

_TEXT_DISPLAY = 10
"""Component type of a text display (Component reference)."""
_PARTS = 1_000
"""Number of components that are read; a Components V2 message has 40 at most."""
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that embeds contain where Discord wants a name and there is none."""


def words(message: Json, *, bot: str = "", role: str = "", names: Mapping[str, str] | None = None) -> str:
    """Return all of a message's own words. The mention of the bot (``bot``, and its role ``role``) is removed;
    ``names`` are those of the channels and roles the words mention. The preview of a link is not part of them
    (``previews_of``)."""
    known = names_known(message, names)
    content = text(message, "content")
    own = readable(without_bot(content, bot, role), known) if "<" in content else content
    if not (message.get("embeds") or message.get("components") or message.get("poll") or message.get("sticker_items")):
        return own.strip()
    parts = [own, *(_embed(each) for each in items(message, "embeds") if not is_preview(each, content))]
    parts += [*_text_displays(message), _poll(message), _stickers(message)]
    return _joined([own, *(readable(part, known) for part in parts[1:])])


def all_words(message: Json, *, bot: str = "", role: str = "", names: Mapping[str, str] | None = None) -> str:
    """Return a message's own words, then the previews of its links and the messages it forwards."""
    parts = [words(message, bot=bot, role=role, names=names), *(each for _, each in previews_of(message, names))]
    return _joined([*parts, *(words(each, names=names) for each in snapshots(message))])


def previews_of(message: Json, names: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Return the previews Discord made of the links in a message: the name of each page, and its words."""
    embeds = items(message, "embeds")
    if not embeds:
        return []
    content, known = text(message, "content"), names_known(message, names)
    previews = [each for each in embeds if is_preview(each, content)]
    found = [(text(obj(each, "provider"), "name"), readable(_embed(each), known)) for each in previews]
    return [(provider, said) for provider, said in found if said]


def is_preview(embed: Json, content: str) -> bool:
    """Return whether an embed is Discord's preview of a link in the content, rather than sent by the author."""
    return text(embed, "type") not in ("", "rich") and bool(content.strip())


def snapshots(message: Json) -> list[Json]:
    """Return the messages that a message forwards, as far as Discord sends them."""
    return [obj(each, "message") for each in items(message, "message_snapshots")]


def written_in(message: Json) -> Iterator[str]:
    """Return every text of a message in which something may be mentioned."""
    for each in (message, obj(message, "referenced_message"), *snapshots(message)):
        yield text(each, "content")
        yield from map(_embed, items(each, "embeds"))
        yield from _text_displays(each)


def names_known(message: Json, names: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the given names of channels and roles, with those of the people the message mentions, by id."""
    if not message.get("mentions"):
        return names or {}
    known = dict(names or {})
    for user in items(message, "mentions"):
        known[text(user, "id")] = (
            text(obj(user, "member"), "nick") or text(user, "global_name") or text(user, "username")
        )
    return known


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part for part in map(str.strip, parts) if part)


def _embed(embed: Json) -> str:
    """Return the author, title, description, fields and footer of an embed."""
    title, url = _visible(text(embed, "title")), text(embed, "url")
    if title and url and not set(url) & set(" <>()\n"):
        title = f"[{title}]({url})"
    lines = [_visible(text(obj(embed, "author"), "name")), _bold(title), _visible(text(embed, "description"))]
    lines += [_field(each) for each in items(embed, "fields")]
    lines.append(_visible(text(obj(embed, "footer"), "text")))
    return "\n".join(line for line in lines if line)


def _field(field: Json) -> str:
    name, value = _visible(text(field, "name")), _visible(text(field, "value"))
    if not name or not value:
        return value or _bold(name)
    between = "\n" if "\n" in value else " "
    return f"{_bold(f'{name}:')}{between}{value}"


def _bold(line: str) -> str:
    return f"**{line}**" if line and "**" not in line and "\n" not in line else line


def _visible(words: str) -> str:
    return words if words.isascii() and words == words.strip() else words.strip(f"{_INVISIBLE} \t\r\n")


def _text_displays(message: Json) -> Iterator[str]:
    """Return the texts among the components, in the order they are shown, however deep they are nested."""
    left = items(message, "components")[::-1]
    for _ in range(_PARTS):
        if not left:
            return
        part = left.pop()
        if number(part, "type") == _TEXT_DISPLAY:
            yield text(part, "content")
        inner = [*items(part, "components"), obj(part, "component"), obj(part, "accessory")]
        left += [each for each in inner[::-1] if each]


def _poll(message: Json) -> str:
    """Return a poll's question and answers."""
    poll = obj(message, "poll")
    asked = text(obj(poll, "question"), "text")
    answers = (text(obj(answer, "poll_media"), "text") for answer in items(poll, "answers"))
    return "\n".join([asked, *(f"- {answer}" for answer in answers if answer)]) if poll else ""


def _stickers(message: Json) -> str:
    stickers = (text(each, "name") for each in items(message, "sticker_items"))
    return " ".join(f":{name}:" for name in stickers if name)

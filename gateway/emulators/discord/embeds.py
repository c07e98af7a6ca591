"""Checks embeds by the limits of https://docs.discord.com/developers/resources/message#embed-object-embed-limits."""

from collections.abc import Callable
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import Path

MAX_EMBEDS = 10
"""Embeds of a message (Discord's message resource, create message)."""
MAX_FIELDS = 25
"""Fields of an embed (Discord's message resource, embed limits)."""
MAX_TOTAL = 6_000
"""Characters of text in all embeds of a message (Discord's message resource, embed limits)."""
_SCHEMES = ("http", "https", "attachment")

Media = Callable[[str, Path], JSON]
"""Resolves an image's URL (``attachment://name`` too) to the image as Discord shows it."""


def check(checker: Checker, given: Any, media: Media) -> list[JSON]:
    """Return the embeds of a message as Discord stores them."""
    out: list[JSON] = []
    total = 0
    for index, item in enumerate(checker.items(given, ("embeds",), most=MAX_EMBEDS)):
        path: Path = ("embeds", index)
        embed = checker.model(item, path)
        if embed is None:
            continue
        shown, size = _embed(checker, embed, path, media)
        total += size
        if len(shown) > 1:
            out.append(shown)
    if total > MAX_TOTAL:
        checker.fail(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_TOTAL}")
    return out


def _embed(checker: Checker, embed: JSON, path: Path, media: Media) -> tuple[JSON, int]:
    out: JSON = {"type": "rich"}
    size = 0
    for name, most in (("title", 256), ("description", 4096)):
        text = checker.string(embed.get(name), (*path, name), most=most)
        if text and text.strip():
            out[name] = text.strip()
            size += len(out[name])
    if embed.get("url") is not None:
        out["url"] = checker.url(embed["url"], (*path, "url"))
    if embed.get("timestamp") is not None:
        out["timestamp"] = checker.string(embed["timestamp"], (*path, "timestamp"), most=64)
    if embed.get("color") is not None:
        out["color"] = checker.integer(embed["color"], (*path, "color"), least=0, most=0xFFFFFF, default=0)
    for name, key, most in (("footer", "text", 2048), ("author", "name", 256)):
        part = embed.get(name)
        model = checker.model(part, (*path, name)) if part is not None else None
        if model is not None:
            text = checker.string(model.get(key), (*path, name, key), most=most, least=1, required=name == "author")
            if text:
                links = {k: model[k] for k in ("url", "icon_url") if isinstance(model.get(k), str)}
                out[name] = {key: text.strip(), **links}
                size += len(text.strip())
    for name in ("image", "thumbnail"):
        model = checker.model(embed[name], (*path, name)) if embed.get(name) is not None else None
        if model is not None and model.get("url"):
            where: Path = (*path, name, "url")
            shown = media(checker.url(model["url"], where, schemes=_SCHEMES), where)
            out[name] = {k: shown[k] for k in ("url", "proxy_url", "width", "height") if k in shown}
    fields, more = _fields(checker, embed.get("fields"), (*path, "fields"))
    if fields:
        out["fields"] = fields
    return out, size + more


def _fields(checker: Checker, given: Any, path: Path) -> tuple[list[JSON], int]:
    out: list[JSON] = []
    size = 0
    for index, item in enumerate(checker.items(given, path, most=MAX_FIELDS)):
        field = checker.model(item, (*path, index))
        if field is None:
            continue
        name = checker.string(field.get("name"), (*path, index, "name"), most=256, least=1, required=True) or ""
        value = checker.string(field.get("value"), (*path, index, "value"), most=1024, least=1, required=True) or ""
        inline = checker.boolean(field.get("inline"), (*path, index, "inline"))
        size += len(name.strip()) + len(value.strip())
        out.append({"name": name.strip(), "value": value.strip(), "inline": inline})
    return out, size

"""Turns the form of a message into the message: checks what it may contain, and what Discord makes of it.

https://docs.discord.com/developers/resources/message#create-message and #edit-message.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.emulators.common.values import JSON
from gateway.emulators.discord import cdn, components, embeds, mentions, wire
from gateway.emulators.discord.backend import Backend
from gateway.emulators.discord.checker import Checker
from gateway.emulators.discord.errors import ApiError, Path
from gateway.emulators.discord.permissions import Permission
from gateway.emulators.discord.requests import Upload
from gateway.emulators.discord.state import Channel, File, Message
from gateway.emulators.discord.values import MAX_ATTACHMENTS, MAX_CONTENT, Flag

_V2_EXCLUDES = ("content", "embeds", "poll", "sticker_ids")


class Composer:
    """Applies one form to a message.

    ``prefix`` is where the form is in the request, ``settable`` the flags it may set. ``by_token``: the message answers
    an interaction, which needs no permission in the channel.
    """

    def __init__(
        self, backend: Backend, channel: Channel, *, settable: Flag, prefix: Path = (), by_token: bool = False
    ) -> None:
        self.checker = Checker(prefix)
        self._backend = backend
        self._channel = channel
        self._settable = settable
        self._by_token = by_token

    def fill(
        self,
        message: Message,
        form: Mapping[str, Any],
        files: Sequence[Upload],
        *,
        default: mentions.Allowed,
        replied: str | None = None,
    ) -> Message:
        """Apply the form to a new or an edited message; fields it does not name stay. Raises ``ApiError``, with the
        message unchanged, when anything is wrong."""
        checker = self.checker
        flags = self._flags(message, form.get("flags"))
        v2 = bool(flags & Flag.IS_COMPONENTS_V2)
        if v2:
            self._no_legacy(message, form)
        content = self._content(message, form)
        rule = mentions.allowed(checker, form.get("allowed_mentions"), default=default)
        stored = self._files(message, form, files)
        embedded: set[str] = set()

        def media(url: str, path: Path) -> JSON:
            return self._media(stored, embedded, url, path)

        shown = message.embeds
        if "embeds" in form:
            shown = embeds.check(checker, form["embeds"], media)
        built = message.components
        if "components" in form:
            built = components.check(checker, form["components"], media, v2=v2)
        if ("components" if v2 else "embeds") not in form:
            embedded = message.embedded & {file.id for file in stored}
        checker.errors.raise_any()
        if not (content or shown or stored or built):
            raise ApiError.of(50006)
        self._may(shown if "embeds" in form else [], files)
        guild = self._backend.world.guild_of(self._channel)
        said = [content, *components.texts(built)]
        may = self._backend.bot_may(self._channel)
        if "content" in form or "components" in form or replied is not None:
            message.pings = mentions.pings(self._backend.world, guild, said, rule, may, replied=replied)
        message.flags, message.content = flags, content
        message.embeds, message.components = shown, built
        message.files, message.embedded = stored, embedded
        return message

    # -- internals

    def _flags(self, message: Message, given: Any) -> int:
        asked = self.checker.integer(given, ("flags",), least=0, most=2**31 - 1, default=0)
        kept = message.flags if given is None else message.flags & ~int(Flag.SUPPRESS_EMBEDS)
        return kept | asked & int(self._settable)

    def _no_legacy(self, message: Message, form: Mapping[str, Any]) -> None:
        """Record errors for a Components V2 message that has anything but components, left from an older form too."""
        left = {"content": message.content, "embeds": message.embeds}
        for name in _V2_EXCLUDES:
            if form.get(name) or (name not in form and left.get(name)):
                what = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                self.checker.fail((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", what)

    def _content(self, message: Message, form: Mapping[str, Any]) -> str:
        if "content" not in form:
            return message.content
        return (self.checker.string(form["content"], ("content",), most=MAX_CONTENT) or "").strip()

    def _may(self, shown: list[JSON], files: Sequence[Upload]) -> None:
        if self._by_token:
            return
        may = self._backend.bot_may(self._channel)
        if (files and not may & Permission.ATTACH_FILES) or (shown and not may & Permission.EMBED_LINKS):
            raise ApiError.of(50013)

    def _files(self, message: Message, form: Mapping[str, Any], uploads: Sequence[Upload]) -> list[File]:
        """Return the message's files after the form: the ones it keeps, in their order, then the new ones."""
        given = form.get("attachments")
        wanted: dict[str, tuple[JSON, Path]] = {}
        for index, item in enumerate(self.checker.items(given, ("attachments",), most=MAX_ATTACHMENTS)):
            path: Path = ("attachments", index)
            model = self.checker.model(item, path)
            number = None if model is None else self.checker.snowflake(model.get("id"), (*path, "id"))
            if model is not None and number is None:
                self.checker.required((*path, "id"))
            elif model is not None and number is not None:
                wanted[number] = (model, path)
        kept = [file for file in message.files if given is None or file.id in wanted]
        known = {file.id for file in kept}
        numbers = {upload.number for upload in uploads}
        for number, (_, path) in wanted.items():
            if number not in known and number not in numbers:
                self.checker.fail(path, "ATTACHMENT_NOT_FOUND", "Attachment data not found")
        new = [upload for upload in uploads if given is None or not message.files or upload.number in wanted]
        if len(kept) + len(new) > MAX_ATTACHMENTS:
            raise ApiError.of(30015)
        if self.checker.errors:
            return kept
        out = list(kept)
        for upload in new:
            model, path = wanted.get(upload.number, ({}, ("attachments",)))
            out.append(self._store(upload, model, path))
        return out

    def _store(self, upload: Upload, model: JSON, path: Path) -> File:
        name = self.checker.string(model.get("filename"), (*path, "filename"), most=1024) or upload.filename
        world = self._backend.world
        file = cdn.new_file(world, self._channel.id, name, upload.content, upload.content_type)
        file.title = self.checker.string(model.get("title"), (*path, "title"), most=1024) or file.title
        file.description = self.checker.string(model.get("description"), (*path, "description"), most=1024)
        file.spoiler = file.spoiler or self.checker.boolean(model.get("is_spoiler"), (*path, "is_spoiler"))
        file.waveform = self.checker.string(model.get("waveform"), (*path, "waveform"), most=400)
        if isinstance(model.get("duration_secs"), int | float):
            file.duration_secs = float(model["duration_secs"])
        return file

    def _media(self, stored: Sequence[File], embedded: set[str], url: str, path: Path) -> JSON:
        if not url.startswith("attachment://"):
            return {"url": url, "proxy_url": url}
        name = url.removeprefix("attachment://")
        wanted = (name, cdn.stored_name(name))
        file = next((f for f in stored if f.filename in wanted), None)
        if file is None:
            what = f'The referenced attachment ("{url}") was not found'
            self.checker.fail(path, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", what)
            return {}
        embedded.add(file.id)
        shown = wire.attachment(self._backend.world, file)
        named = {"attachment_id": file.id, "name": file.filename, "size": file.size}
        return {k: shown[k] for k in ("url", "proxy_url", "content_type", "width", "height") if k in shown} | named

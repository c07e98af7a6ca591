"""Reads from Slack's API the rest of a message of which a delivery told only a part."""

import asyncio
from dataclasses import replace

from adapters.fields import items, text
from adapters.slack.api import SlackApi, quiet
from adapters.slack.downloads import Downloads
from adapters.slack.envelope import Me
from adapters.slack.file_objects import is_bare
from adapters.slack.parse import created
from adapters.slack.threads import thread_of
from gateway.errors import Forbidden, Gone, RateLimited, Rejected, Unsupported
from gateway.model import MessageCreated, RemoteFile

_FILES = 20
"""Number of files of one message that are asked for; Slack's own client takes ten."""


class Completion:
    """Asks conversations.replies for a mention that came without its files or blocks, and files.info for files of which
    only the id came."""

    def __init__(self, api: SlackApi, downloads: Downloads) -> None:
        self._api = api
        self._downloads = downloads

    async def complete(self, message: MessageCreated, *, me: Me) -> MessageCreated:
        """Return the message as the API has it. Raises what the calls raise, but not for a file that cannot be read:
        its download says why."""
        if not any(is_bare(file) for file in message.files):
            message = await self._whole(message, me)
        files = await asyncio.gather(*(self._known(file) for file in message.files[:_FILES]))
        return replace(message, files=(*files, *message.files[_FILES:]), partial=False)

    async def _whole(self, message: MessageCreated, me: Me) -> MessageCreated:
        """Return the message as read from its thread; unchanged where the app may not read the channel, or not now
        (some apps may do so once a minute)."""
        ref, ts = message.ref, message.message_id
        bounds = {"oldest": ts, "latest": ts, "inclusive": "true", "limit": 5}
        try:
            page = await self._api.query(
                "conversations.replies", channel=ref.channel, ts=thread_of(ref) or ts, **bounds
            )
        except (Forbidden, Gone, RateLimited, Rejected, Unsupported) as error:
            self._api.note("conversations.replies", error=quiet(error))
            return message
        found = next((each for each in items(page, "messages") if text(each, "ts") == ts), None)
        if found is None:
            return message
        return created({**found, "type": "app_mention", "channel": ref.channel}, ref, me)

    async def _known(self, file: RemoteFile) -> RemoteFile:
        if not is_bare(file):
            return file
        try:
            return await self._downloads.info(file)
        except (Forbidden, Gone, Unsupported) as error:
            self._api.note("files.info", error=quiet(error))
            return file

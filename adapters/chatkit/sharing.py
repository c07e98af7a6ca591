"""Shows files of the bot: a line of Markdown with a link that needs no header, a picture as a picture."""

from collections.abc import Sequence

import structlog

from adapters.chatkit.limits import LINK_SECONDS
from gateway.adapter import FileVault
from gateway.errors import Rejected, Unsupported
from gateway.model import ConversationRef, FromUrl, OutgoingFile

log = structlog.get_logger(__name__)


class Sharing:
    """Holds the bot's files, and links to them."""

    def __init__(self, vault: FileVault | None) -> None:
        self._vault = vault

    async def lines(self, to: ConversationRef, files: Sequence[OutgoingFile], *, key: str) -> list[str]:
        """Return a line for each file. The same key gives the same files, which are held once.

        Raises ``Unsupported`` where no link can be made, and ``Rejected`` for a file that cannot be read.
        """
        return [await self._line(to, file, f"{key}.{number}") for number, file in enumerate(files)]

    async def _line(self, to: ConversationRef, file: OutgoingFile, key: str) -> str:
        url = file.source.url if isinstance(file.source, FromUrl) else await self._held(to, file, key)
        if not url.startswith(("https://", "http://")):
            raise Rejected(f"file {file.name!r}: {url[:80]!r} is no http(s) address")
        return f"{'!' if file.kind == 'image' else ''}[{_label(file.name)}](<{_address(url)}>)"

    async def _held(self, to: ConversationRef, file: OutgoingFile, key: str) -> str:
        if self._vault is None:
            raise Unsupported(f"file {file.name!r}: the gateway holds no files here")
        try:
            id = await self._vault.hold(file, key=key, conversation=to.key)
        except OSError as error:
            raise Rejected(f"file {file.name!r}: {error.strerror or error}") from error
        url = self._vault.link(id, seconds=LINK_SECONDS)
        if url is None:
            raise Unsupported(f"file {file.name!r}: set GATEWAY_PUBLIC_URL, so that ChatKit can be given a link to it")
        return url


def _label(name: str) -> str:
    """Return a name as the text of a link, in one line."""
    line = " ".join(name.split())
    return "".join(f"\\{sign}" if sign in "\\[]`*_<>" else sign for sign in line)


def _address(url: str) -> str:
    """Return an address as it may stand between ``<`` and ``>``."""
    return "".join(url.split()).replace("<", "%3C").replace(">", "%3E")

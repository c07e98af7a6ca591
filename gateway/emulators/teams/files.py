"""Files and pictures: what people share, upload sessions as OneDrive has them, and their contents for the page.

Upload sessions: https://learn.microsoft.com/onedrive/developer/rest-api/api/driveitem_createuploadsession.
"""

import mimetypes
import re
import secrets
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote

from gateway.emulators.common.values import JSON, PersonError, Upload
from gateway.emulators.teams.values import ApiError, timestamp
from gateway.emulators.teams.world import World

MAX_FILES = 2_000
"""Files kept; the oldest are forgotten first."""
MAX_BYTES = 256 * 1024 * 1024
"""Bytes of all files together; the oldest lose their content first. An upload may not announce more either."""
MAX_FRAGMENT = 60 * 1024 * 1024
"""Most bytes of one fragment: 60 MiB (OneDrive's page on upload sessions)."""
FRAGMENT = 320 * 1024
"""Every fragment but the last must be a multiple of this many bytes: 320 KiB (OneDrive's page on upload sessions)."""
SESSION_SECONDS = 15 * 60
"""Seconds an upload session is valid in this emulator; OneDrive says the time in each session."""
_REFUSED = re.compile(
    r""".*[\x00-\x1f"*:<>?/\\|].*|\s.*|.*[\s.]|~\$.*|.*_vti_.*|(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?|\.lock|desktop\.ini|""",
    re.IGNORECASE | re.DOTALL,
)
"""Names that OneDrive refuses
(https://support.microsoft.com/office/restrictions-and-limitations-in-onedrive-and-sharepoint)."""
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})")
_SHOWN_INLINE = ("image/", "audio/", "video/", "text/plain", "application/pdf")


@dataclass(slots=True)
class File:
    """A file. ``content`` is None during the upload, and after the file was dropped to save memory."""

    id: str
    secret: str
    name: str
    mime: str
    content: bytes | None
    at: float
    partial: bytearray | None = None
    total: int | None = None

    @property
    def kind(self) -> str:
        """The name's extension, which Teams calls ``fileType``."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""


class Files:
    """The files people share and the bot uploads. ``download_seconds`` is how long a ``downloadUrl`` works."""

    def __init__(self, world: World, *, download_seconds: float) -> None:
        self._world = world
        self._download_seconds = download_seconds
        self._files: OrderedDict[str, File] = OrderedDict()

    def add(self, upload: Upload) -> File:
        """Keep a file that a person shares."""
        name, data, mime = upload
        return self._keep(
            File(str(uuid.uuid4()).upper(), secrets.token_urlsafe(24), name, mime, data, time.monotonic())
        )

    def session(self, name: str) -> File:
        """Return a new file that is to be uploaded. Raises ``PersonError`` for a name OneDrive refuses."""
        if _REFUSED.fullmatch(name) or len(name) > 255:
            raise PersonError(f"OneDrive takes no file of the name {name!r}")
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        new = File(str(uuid.uuid4()).upper(), secrets.token_urlsafe(24), name, mime, None, time.monotonic())
        new.partial = bytearray()
        return self._keep(new)

    def find(self, file_id: object) -> File | None:
        """Return a complete file by its id, or None."""
        file = self._files.get(file_id) if isinstance(file_id, str) else None
        return file if file is not None and file.content is not None else None

    # -- addresses

    def content_url(self, file: File) -> str:
        """Return the address at which SharePoint shows a file. Fetching it needs a person's sign-in."""
        return f"https://gateway-hq.sharepoint.com/personal/documents/{quote(file.name)}"

    def download_url(self, file: File) -> str:
        """Return the address from which a bot can download a file without a token."""
        return f"{self._world.base}/download/{file.secret}/{quote(file.name)}"

    def upload_url(self, file: File) -> str:
        """Return the address of a file's upload session."""
        return f"{self._world.base}/upload/{file.secret}"

    def page_url(self, file: File) -> str:
        """Return the address of a file for the playground's page."""
        return f"{self._world.base}/playground/files/{file.id}/{quote(file.name)}"

    # -- transfers

    def download(self, secret: str) -> File:
        """Return the file of a download address. Raises ``ApiError`` when the address is no longer valid."""
        file = self._by_secret(secret)
        if file is None or file.content is None:
            raise ApiError(404, "itemNotFound", "The resource could not be found.")
        if time.monotonic() - file.at > self._download_seconds:
            raise ApiError(401, "unauthenticated", "The caller is not authenticated.")
        return file

    def upload(self, secret: str, content_range: str | None, data: bytes) -> tuple[int, JSON]:
        """Receive a fragment. Answers 202 with the range expected next, or 201 with the item when the file is
        complete."""
        file = self._by_secret(secret)
        if file is None or file.partial is None or time.monotonic() - file.at > SESSION_SECONDS:
            raise ApiError(404, "itemNotFound", "The upload session was not found.")
        match = _RANGE.fullmatch(content_range or "")
        if match is None:
            raise ApiError(400, "invalidRequest", "The Content-Range header is missing or malformed.")
        first, last, total = (int(number) for number in match.groups())
        if last - first + 1 != len(data) or last >= total or len(data) > MAX_FRAGMENT:
            raise ApiError(400, "invalidRequest", "The Content-Range header length does not match the content length.")
        if total > MAX_BYTES:
            raise ApiError(413, "quotaLimitReached", "The user has reached their quota limit.")
        if first != len(file.partial) or file.total not in (None, total):
            raise ApiError(
                416, "invalidRange", "The uploaded fragment overlaps with data that has already been received."
            )
        if last + 1 < total and len(data) % FRAGMENT:
            raise ApiError(400, "invalidRequest", "The fragment's size is not a multiple of 320 KiB.")
        file.partial += data
        file.total = total
        self._files.move_to_end(file.id)
        if last + 1 < total:
            until = timestamp(time.time() + SESSION_SECONDS)
            return 202, {"expirationDateTime": until, "nextExpectedRanges": [f"{last + 1}-"]}
        file.content, file.partial = bytes(file.partial), None
        self._fit()
        item = {"id": file.id, "name": file.name, "size": total, "file": {"mimeType": file.mime}}
        return 201, item | {"webUrl": self.content_url(file)}

    def _by_secret(self, secret: str) -> File | None:
        return next((f for f in self._files.values() if secrets.compare_digest(f.secret, secret)), None)

    def _keep(self, file: File) -> File:
        self._files[file.id] = file
        if len(self._files) > MAX_FILES:
            self._files.popitem(last=False)
        self._fit()
        return file

    def _fit(self) -> None:
        total = sum(len(f.content or f.partial or b"") for f in self._files.values())
        for file in self._files.values():
            if total <= MAX_BYTES:
                return
            total -= len(file.content or file.partial or b"")
            file.content = file.partial = None


def page_headers(mime: str) -> dict[str, str]:
    """Return the headers of a file for the playground's page, which has no token. They keep an upload from running as a
    page of this origin."""
    return {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "Content-Disposition": "inline" if mime.startswith(_SHOWN_INLINE) else "attachment",
        "Access-Control-Allow-Origin": "*",
    }

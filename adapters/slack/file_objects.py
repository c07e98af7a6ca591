"""Converts Slack's file objects to remote files. Pure."""

from adapters.fields import Json, text
from gateway.model import RemoteFile, media_type

TOMBSTONE, HIDDEN, EXTERNAL = "tombstone", "hidden_by_limit", "external"
"""Modes of a file whose content Slack does not give: deleted, beyond the free plan, stored at another service."""
_CANVAS = frozenset({"quip", "canvas"})
_UNKNOWN = "unknown"
"""``RemoteFile.extra["access"]`` of a file of which a delivery told nothing but the id."""


def remote_file(file: Json, workspace: str, **extra: str) -> RemoteFile | None:
    """Return the remote file of a Slack file object; None for anything else. A file whose content cannot be read is
    returned too: its download says why.

    Slack may send only the id (in a shared channel ``file_access: check_file_info``), see ``is_bare``.
    """
    file_id = text(file, "id")
    if not file_id:
        return None
    name = text(file, "name") or text(file, "title") or file_id
    size, mode = file.get("size"), _mode(file)
    url = text(file, "url_private_download") or text(file, "url_private")
    known = {"mode": mode, **extra}
    if not mode and (not url or text(file, "file_access") == "check_file_info"):
        known["access"] = text(file, "file_access") or _UNKNOWN
    return RemoteFile(
        id=file_id,
        name=name,
        mime=_mime(file, name),
        size=size if isinstance(size, int) and size >= 0 and mode != EXTERNAL else None,
        url=url or None,
        workspace=workspace,
        extra={name: value for name, value in known.items() if value},
    )


def is_bare(file: RemoteFile) -> bool:
    """Return whether a delivery told little more than the file's id, so that ``files.info`` has to be asked for the
    rest."""
    return "access" in file.extra


def _mode(file: Json) -> str:
    """Return why there is no content to download; empty if there is."""
    mode = text(file, "mode")
    if mode in (TOMBSTONE, HIDDEN, EXTERNAL):
        return mode
    return EXTERNAL if file.get("is_external") is True else ""


def _mime(file: Json, name: str) -> str:
    if text(file, "mode") in _CANVAS or text(file, "filetype") in _CANVAS:
        return "text/html"  # what a canvas is downloaded as, whatever Slack calls it
    mime = media_type(name, text(file, "mimetype"))
    if text(file, "subtype") != "slack_audio" and text(file, "media_display_type") != "audio":
        return mime
    # A voice message is recorded into the container of a video, and labelled so.
    main, _, sub = mime.partition("/")
    return mime if main == "audio" else f"audio/{sub if main == 'video' else 'mp4'}"

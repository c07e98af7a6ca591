"""The Web API's files.* methods (external upload, sharing) and downloads, which answer strangers with a sign-in
page."""

import mimetypes
from urllib.parse import quote, unquote

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from gateway.emulators.common.values import JSON
from gateway.emulators.slack import args as read
from gateway.emulators.slack.backend import Backend
from gateway.emulators.slack.chat import content
from gateway.emulators.slack.state import Channel, File, Message
from gateway.emulators.slack.validate import check_message
from gateway.emulators.slack.values import ApiError, invalid_arguments
from gateway.emulators.slack.world import MAX_FILE_BYTES, Team, World

MAX_FILE = 1024**3
"""Most bytes of a file: 1 GB (files.getUploadURLExternal)."""
LOGIN_PAGE = b"""<!DOCTYPE html><html><head><title>Sign in | Slack</title></head>
<body><h1>Sign in to your workspace</h1><form action="/signin" method="post"></form></body></html>"""
"""The page Slack sends with status 200 instead of a file when the token may not read files."""
_SHOWN_INLINE = ("image/", "audio/", "video/", "text/plain", "application/pdf")


def get_upload_url(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``files.getUploadURLExternal``."""
    name = read.required(args, "filename")
    length = read.string(args, "length")
    if length is None or not length.isdigit() or int(length) < 1:
        raise invalid_arguments("missing required field: length")
    if int(length) > MAX_FILE:
        raise ApiError("file_upload_size_restricted")
    if len(read.string(args, "alt_txt") or "") > 1000:
        raise ApiError("alt_txt_too_large")
    mimetype = mimetypes.guess_type(name)[0] or "application/octet-stream"
    file = backend.new_file(team, team.bot.id, name, mimetype, None, int(length))
    return {"ok": True, "upload_url": f"{backend.world.base}/upload/v1/{file.secret}", "file_id": file.id}


async def upload(world: World, secret: str, request: web.BaseRequest) -> web.Response:
    """Receive a file's bytes, raw or as a form. Answers ``OK - <size>``."""
    file = world.uploads.get(secret)
    if file is None or file.complete:
        return web.Response(status=404, text="unknown upload")
    body = bytearray()
    limit = min(file.size, MAX_FILE_BYTES)
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                while chunk := await part.read_chunk(1 << 16):
                    body += chunk
                    if len(body) > limit:
                        return web.Response(status=400, text="length does not match")
                break
    else:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit:
                return web.Response(status=400, text="length does not match")
    if len(body) != file.size:
        return web.Response(status=400, text="length does not match")
    file.content = bytes(body)
    world.fit_files()
    return web.Response(text=f"OK - {file.size}")


def complete_upload(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``files.completeUploadExternal``."""
    given = read.structure(args, "files")
    if not isinstance(given, list) or not given:
        raise invalid_arguments("missing required field: files")
    files: list[File] = []
    for entry in given:
        file = backend.world.files.get(str(entry.get("id"))) if isinstance(entry, dict) else None
        if file is None or file.team_id != team.id or file.content is None or file.complete:
            raise ApiError("file_not_found")
        files.append(file)
    names = read.string(args, "channel_id") or read.string(args, "channels") or ""
    channels = [_shared_into(team, name.strip()) for name in names.split(",") if name.strip()]
    thread_ts = read.string(args, "thread_ts")
    if thread_ts is not None and len(channels) != 1:
        raise invalid_arguments("thread_ts needs exactly one channel")
    comment = read.string(args, "initial_comment")
    blocks = read.structure(args, "blocks", "invalid_blocks") if comment is None else None
    if blocks is not None:
        blocks = check_message(blocks)
    if channels:
        thread_ts = backend.thread(channels[0], thread_ts)
    for file, entry in zip(files, given, strict=True):
        file.complete = True
        file.title = read.string(entry, "title") or file.name
        del backend.world.uploads[file.secret]
    answer = {"ok": True, "files": [file.wire(backend.world.base) for file in files]}
    for channel in channels:
        wire = backend.bot_message(team, comment or "", thread_ts=thread_ts)
        wire |= {"subtype": "file_share", "upload": True, "files": [file.wire(backend.world.base) for file in files]}
        if blocks is not None:
            wire["blocks"] = blocks
        if comment is not None:
            content({"text": comment})
        message = Message(wire)
        backend.share(channel, message, files)
        backend.post(team, channel, message)
    return answer


def _shared_into(team: Team, name: str) -> Channel:
    if name in team.users and name != team.bot.id:
        return team.dm(name)
    channel = team.bot_channel(name)
    if team.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _file(backend: Backend, team: Team, args: JSON) -> File:
    file = backend.world.files.get(read.string(args, "file") or "")
    if file is None or file.team_id != team.id:
        raise ApiError("file_not_found")
    if file.deleted:
        raise ApiError("file_deleted")
    return file


def info(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``files.info``."""
    file = _file(backend, team, args)
    wire = file.wire(backend.world.base, shares=True)
    return {"ok": True, "file": wire, "comments": [], "response_metadata": {"next_cursor": ""}}


def delete(backend: Backend, team: Team, args: JSON) -> JSON:
    """Answer ``files.delete``."""
    file = _file(backend, team, args)
    if file.user != team.bot.id:
        raise ApiError("cant_delete_file")
    file.deleted, file.content = True, None
    for channel_id, shares in file.shares.items():
        channel = team.channels[channel_id]
        for share in shares:
            message = channel.find(share["ts"])
            if message is not None and "files" in message.wire:
                message.wire["files"] = [f for f in message.wire["files"] if f["id"] != file.id]
                backend.notice(channel, message)
    return {"ok": True}


def download(world: World, path: str, token: str | None) -> web.Response:
    """Answer a download from ``url_private``.

    Without permission to read files the answer is Slack's sign-in page or a redirect to it. On an Enterprise Grid the
    bytes are at another host, which needs the token as well.
    """
    name = path.removeprefix("/files-pri/").removeprefix("/files-origin/").split("/")
    team_id, _, file_id = name[0].partition("-")
    file = world.files.get(file_id)
    team = world.tokens.get(token or "")
    if team is None or team.id != team_id or "files:read" not in team.scopes:
        return _sign_in(world, team_id, path)
    if file is None or file.deleted or file.content is None or not file.complete:
        return web.Response(status=404, text="File not found")
    if file.moved_to is not None:
        return _moved(file.moved_to)
    if world.grid and path.startswith("/files-pri/"):
        return _moved(f"{world.base}/files-origin/{quote('/'.join(name))}")
    return web.Response(body=file.content, content_type=file.served_as or file.mimetype)


def _sign_in(world: World, team_id: str, path: str) -> web.Response:
    if world.sign_in == "page":
        return web.Response(body=LOGIN_PAGE, content_type="text/html", charset="utf-8")
    team = world.teams.get(team_id)
    domain = team.domain if team is not None else "app"
    return _moved(f"https://{domain}.slack.com/?redir={quote(path, safe='')}")


def _moved(to: str) -> web.Response:
    return web.Response(status=302, headers={"Location": to})


def show(world: World, path: str) -> web.Response:
    """Serve a file to the playground's page, which has no bearer token. The headers keep an upload from running as a
    page of this origin."""
    file = world.files.get(unquote(path).removeprefix("/playground/files/").split("/")[0])
    if file is None or file.deleted or file.content is None:
        return web.Response(status=404, text="File not found")
    inline = file.mimetype.startswith(_SHOWN_INLINE)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
        "Content-Disposition": "inline" if inline else "attachment",
        "Access-Control-Allow-Origin": "*",
    }
    return web.Response(body=file.content, content_type=file.mimetype, headers=headers)

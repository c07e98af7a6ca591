"""The file of servers (``.mcp.json``), as other programs have it too: it is read and checked once, at the start."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, cast

import structlog

from gateway.errors import SettingsError
from gateway.integrations.mcp.allowed import Allowed
from gateway.integrations.mcp.servers import HttpMcpConnection, McpServer, SseMcpConnection, StdioMcpConnection
from gateway.redaction import conceal, conceal_address, conceal_variables

log = structlog.get_logger(__name__)

FILE = ".mcp.json"
"""The file's name, beside the bot."""
CHAINLIT = Path(".chainlit") / "config.toml"
"""The configuration of Chainlit, beside the bot."""

_KINDS = {"stdio": "stdio", "sse": "sse", "http": "streamable-http", "streamable-http": "streamable-http"}
"""The values of ``type``, and the kind of connection each stands for."""
_KEYS = {"type", "command", "args", "env", "cwd", "url", "headers", "disabled", "description"}
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")
_SECRET_HEADER = re.compile(r"authorization|cookie|key|token|secret", re.IGNORECASE)


def read_configuration(
    path: Path, *, required: bool, folder: Path, executables: Sequence[str] = ()
) -> Sequence[McpServer]:
    """Return the servers in a file, in its order; none for a file that is not there, unless it is ``required``.

    ``folder`` is the bot's, where a Chainlit configuration may say what is allowed; ``executables`` are those that the
    environment allows. Raises ``SettingsError``, naming the line, for a file that does not fit.
    """
    if not path.is_file():
        if required:
            raise SettingsError(f"GATEWAY_MCP names {path}, and there is no such file")
        return ()
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}, line {error.lineno}: this is no JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    listed: object = cast(dict[str, object], content).get("mcpServers") if isinstance(content, dict) else None
    if not isinstance(listed, dict):
        raise SettingsError(f'{path}, line 1: expected {{"mcpServers": {{"name": {{"command": …}} or {{"url": …}}}}}}')
    allowed = Allowed.read(folder / CHAINLIT, executables)
    servers: list[McpServer] = []
    for name, entry in cast(dict[str, Any], listed).items():
        server = _Entry(path, _line_of(text, name), name, entry).server(allowed)
        if server is not None:
            servers.append(server)
    return servers


class _Entry:
    """One server, as the file has it."""

    def __init__(self, path: Path, line: int, name: str, entry: object) -> None:
        self._path, self._line, self._name = path, line, name
        if not isinstance(entry, dict):
            self._wrong('is no object with "command" or "url"')
        self._entry = cast(dict[str, Any], entry)

    def server(self, allowed: Allowed) -> McpServer | None:
        """Return the server, None for one that is switched off."""
        if self._entry.get("disabled") is True:
            return None
        if ignored := sorted(self._entry.keys() - _KEYS):
            log.warning("mcp.ignored_keys", server=self._name, keys=ignored, file=str(self._path))
        kind = self._kind()
        if kind not in allowed.kinds:
            log.warning("mcp.server_off", server=self._name, reason=f"{CHAINLIT} does not enable {kind}")
            return None
        if kind == "stdio":
            folder = self._path.resolve().parent
            return StdioMcpConnection(
                name=self._name,
                command=allowed.executable(self._name, self._text("command"), folder),
                args=self._texts("args"),
                env=self._mapping("env"),
                cwd=folder / self._text("cwd") if "cwd" in self._entry else folder,
            )
        url, headers = self._text("url"), self._mapping("headers")
        if not re.match(r"https?://[^/\s]", url):
            self._wrong("has a url that does not begin with http:// or https://")
        conceal_address(url)
        conceal(*(part for key, value in headers.items() if _SECRET_HEADER.search(key) for part in value.split()))
        if kind == "sse":
            return SseMcpConnection(name=self._name, url=url, headers=headers)
        return HttpMcpConnection(name=self._name, url=url, headers=headers)

    def _kind(self) -> str:
        stated = self._entry.get("type")
        if stated is None and ("command" in self._entry) == ("url" in self._entry):
            self._wrong('needs either a "command" or a "url"')
        kind = _KINDS.get(str(stated)) if stated is not None else "stdio" if "command" in self._entry else None
        if stated is None:
            return kind or "streamable-http"
        if kind is None:
            self._wrong(f"has the type {stated!r}: it is one of {', '.join(_KINDS)}")
        return kind

    def _text(self, key: str) -> str:
        value = self._entry.get(key)
        if not isinstance(value, str) or not value.strip():
            self._wrong(f'needs a "{key}", a text')
        return self._expanded(value)

    def _texts(self, key: str) -> Sequence[str]:
        value = self._entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in cast(list[object], value)):
            self._wrong(f'has "{key}" that are no list of texts')
        return tuple(self._expanded(each) for each in cast(list[str], value))

    def _mapping(self, key: str) -> Mapping[str, str]:
        value = self._entry.get(key, {})
        if not isinstance(value, dict) or not all(
            isinstance(each, str) for each in cast(dict[str, object], value).values()
        ):
            self._wrong(f'has "{key}" that are no object of texts')
        texts = {name: self._expanded(each) for name, each in cast(dict[str, str], value).items()}
        conceal_variables(texts)
        return texts

    def _expanded(self, text: str) -> str:
        """Return the text with ``${NAME}`` and ``${NAME:-default}`` replaced from the environment."""

        def value(found: re.Match[str]) -> str:
            name = found[1]
            default: str | None = found[2]
            known = os.environ.get(name) or default
            if known is None:
                self._wrong(f"uses ${{{name}}}, and the environment has no {name}: set it, or write ${{{name}:-}}")
            return known

        return _VARIABLE.sub(value, text)

    def _wrong(self, what: str) -> NoReturn:
        raise SettingsError(f"{self._path}, line {self._line}: the server {self._name!r} {what}")


def _line_of(text: str, name: str) -> int:
    """Return the number of the line in which a server's name stands; 1 where that is not plain."""
    found = re.search(rf"{re.escape(json.dumps(name))}\s*:", text[text.find("mcpServers") :])
    return 1 if found is None else text[: text.find("mcpServers") + found.start()].count("\n") + 1

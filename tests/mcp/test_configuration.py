"""The file of servers: what it may say, what is allowed, and what an operator is told of one that does not fit."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.chat.registry import Callbacks
from gateway.errors import SettingsError
from gateway.integrations.mcp import connections_of
from gateway.integrations.mcp.configuration import read_configuration
from gateway.integrations.mcp.servers import HttpMcpConnection, McpServer, SseMcpConnection, StdioMcpConnection
from gateway.redaction import redact
from gateway.settings import GatewaySettings


def read(folder: Path, text: str, executables: Sequence[str] = ()) -> Sequence[McpServer]:
    path = folder / ".mcp.json"
    path.write_text(text)
    return read_configuration(path, required=False, folder=folder, executables=executables)


def executable(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in ``PATH``, with ``npx`` in it."""
    executable(tmp_path / "bin" / "npx")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def test_the_three_kinds_with_variables_of_the_environment(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_KEY", "made-up-key-of-far")
    monkeypatch.delenv("REGION", raising=False)
    servers = read(
        tmp_path,
        """{"mcpServers": {
            "files": {"command": "npx", "args": ["-y", "pkg", "${REGION:-eu}"],
                      "env": {"API_TOKEN": "made-up-token-1"}},
            "old": {"type": "sse", "url": "https://${REGION:-eu}.example/sse"},
            "far": {"url": "https://far.example/mcp", "headers": {"Authorization": "Bearer ${FAR_KEY}"}},
            "off": {"command": "rm", "disabled": true}
        }}""",
    )
    assert servers == [
        StdioMcpConnection(
            name="files",
            command=str(path / "npx"),
            args=("-y", "pkg", "eu"),
            env={"API_TOKEN": "made-up-token-1"},
            cwd=tmp_path,
        ),
        SseMcpConnection(name="old", url="https://eu.example/sse"),
        HttpMcpConnection(
            name="far", url="https://far.example/mcp", headers={"Authorization": "Bearer made-up-key-of-far"}
        ),
    ]
    assert "made-up" not in redact("made-up-token-1 made-up-key-of-far")
    assert "made-up" not in repr(servers)


def test_a_chainlit_configuration_says_what_is_allowed(tmp_path: Path, path: Path) -> None:
    executable(path / "tool")
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text(
        "[features.mcp.sse]\nenabled = false\n[features.mcp.stdio]\nallowed_executables = ['tool']\n"
    )
    text = """{"mcpServers": {"a": {"command": "tool"}, "b": {"type": "sse", "url": "http://b"}, "c": {"url": "http://c"}}}"""
    assert [server.name for server in read(tmp_path, text)] == ["a", "c"]
    with pytest.raises(
        SettingsError, match=r"'npx', which is not allowed: add 'npx' to GATEWAY_MCP_EXECUTABLES \(tool\)"
    ):
        read(tmp_path, '{"mcpServers": {"a": {"command": "npx"}}}')
    assert read(tmp_path, '{"mcpServers": {"a": {"command": "npx"}}}', ["npx"])  # the environment wins


def test_an_executable_of_an_allowed_name_elsewhere_is_another_one(tmp_path: Path, path: Path) -> None:
    elsewhere = executable(tmp_path / "npx")
    link = tmp_path / "link"
    link.symlink_to(path / "npx")
    for command in (str(elsewhere), "./npx"):
        with pytest.raises(SettingsError, match="not allowed"):
            read(tmp_path, f'{{"mcpServers": {{"a": {{"command": "{command}"}}}}}}')
        assert read(tmp_path, f'{{"mcpServers": {{"a": {{"command": "{command}"}}}}}}', [str(elsewhere)])
    assert read(tmp_path, f'{{"mcpServers": {{"a": {{"command": "{link}"}}}}}}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"mcpServers": {\n"a": {"command": "npx",}}}', "line 2: this is no JSON: "),
        ("[]", 'line 1: expected {"mcpServers"'),
        ('{"mcpServers": {\n\n"a": "npx"}}', "line 3: the server 'a' is no object"),
        ('{"mcpServers": {"a": {}}}', """needs either a "command" or a "url\""""),
        ('{"mcpServers": {"a": {"type": "pipe"}}}', "has the type 'pipe': it is one of stdio, sse, http"),
        ('{"mcpServers": {"a": {"command": "npx", "args": "-y"}}}', 'has "args" that are no list of texts'),
        ('{"mcpServers": {"a": {"command": "npx", "env": {"N": 1}}}}', 'has "env" that are no object of texts'),
        ('{"mcpServers": {"a": {"url": "file:///etc/passwd"}}}', "does not begin with http:// or https://"),
        ('{"mcpServers": {"a": {"url": "http://${NO_SUCH_NAME}/"}}}', "the environment has no NO_SUCH_NAME: set it"),
        ('{"mcpServers": {"a": {"command": "rm"}}}', "add 'rm' to GATEWAY_MCP_EXECUTABLES (npx,uvx)"),
        ('{"mcpServers": {"a": {"command": "uvx"}}}', "starts 'uvx', which is not there: install it"),
    ],
)
def test_a_file_that_does_not_fit(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    settings = GatewaySettings(_env_file=None, mcp=tmp_path / "none.json")
    with pytest.raises(SettingsError, match=r"GATEWAY_MCP names .*none\.json, and there is no such file"):
        connections_of(settings, Callbacks(on_mcp_connect=print))


def test_without_the_library_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".mcp.json").write_text('{"mcpServers": {"a": {"url": "http://a"}}}')
    missing: dict[str, Any] = {"mcp": None}
    for name in list(sys.modules):
        if name.startswith(("mcp.", "gateway.integrations.mcp.")):
            monkeypatch.delitem(sys.modules, name)
    for name, module in missing.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(SettingsError, match=r"pip install 'bot-gateway\[mcp\]'"):
        connections_of(GatewaySettings(_env_file=None), Callbacks(on_mcp_connect=print, folder=tmp_path))


def test_a_bot_that_does_not_ask_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / ".mcp.json").write_text("no JSON")
    assert connections_of(GatewaySettings(_env_file=None), Callbacks(folder=tmp_path)) is None

"""Reads ``.chainlit/config.toml`` and ``chainlit.md`` beside an app: what means something here, and what does not."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from gateway.errors import SettingsError
from gateway.settings import GatewaySettings

MAX_FILE_MB: float = GatewaySettings.model_fields["max_file_mb"].default
"""The file may ask for less than the gateway's own bound, not for more: Chainlit writes 500 into every file."""
FILE = Path(".chainlit") / "config.toml"
README = Path("chainlit.md")

DEFAULTS: Mapping[str, Any] = {
    "project": {
        "user_env": [],
        "session_timeout": 3600,
        "user_session_timeout": 1_296_000,
        "cache": False,
        "persist_user_env": False,
        "mask_user_env": False,
        "allow_origins": ["*"],
        "enable_telemetry": True,
        "follow_symlink": False,
    },
    "features": {
        "unsafe_allow_html": False,
        "latex": False,
        "user_message_markdown": True,
        "user_message_autoscroll": True,
        "assistant_message_autoscroll": True,
        "auto_tag_thread": True,
        "edit_message": True,
        "allow_thread_sharing": False,
        "favorites": False,
        "prompt_playground": True,
        "slack": {"reaction_on_message_received": False},
        "spontaneous_file_upload": {"enabled": True, "accept": ["*/*"], "max_files": 20, "max_size_mb": 500},
        "audio": {"enabled": False, "sample_rate": 24000},
        "mcp": {"enabled": False},
    },
    "UI": {
        "name": "Assistant",
        "description": "",
        "cot": "full",
        "confirm_new_chat": True,
        "alert_style": "classic",
        "default_theme": "dark",
        "layout": "default",
        "logo_file_url": "",
        "default_avatar_file_url": "",
    },
}
"""What the file says where nobody changed it: such a line asks for nothing, so nothing is said about it."""

_UPLOADS = ("features", "spontaneous_file_upload")
USED: Mapping[tuple[str, ...], tuple[type, ...]] = {
    ("UI", "name"): (str,),
    ("UI", "cot"): (str,),
    ("project", "session_timeout"): (int, float),
    (*_UPLOADS, "enabled"): (bool,),
    (*_UPLOADS, "accept"): (list, dict),
    (*_UPLOADS, "max_files"): (int,),
    (*_UPLOADS, "max_size_mb"): (int, float),
}
"""The values that mean something here, and the types they may have."""
_READ_ELSEWHERE = (("features", "mcp"), ("meta",))
"""Tables that others read, or that say only who wrote the file."""


@dataclass(frozen=True)
class ChainlitFiles:
    """What the files beside an app say.

    Args:
        values: The values of the file, on top of Chainlit's defaults.
        settings: The gateway's settings they ask for, by field name.
        unused: What they say that means nothing on a chat platform.
    """

    values: Mapping[str, Any] = field(default_factory=lambda: DEFAULTS)
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unused: tuple[str, ...] = ()


_files = ChainlitFiles()


def current() -> ChainlitFiles:
    """Return what was read last: what ``chainlit.config`` shows the app."""
    return _files


def read(app: Path) -> ChainlitFiles:
    """Read the files in ``CHAINLIT_APP_ROOT``, else beside the app; ``current`` returns them from now on.

    Args:
        app: The path of the app's file.

    Raises:
        SettingsError: The file is not TOML, or a value that means something has another type.
    """
    global _files
    root = Path(os.environ.get("CHAINLIT_APP_ROOT") or app.resolve().parent)
    given = _toml(root / FILE)
    unused = [".".join(path) for path, value in _leaves(given) if _means_nothing(path, value)]
    if _merged(DEFAULTS, given)["UI"]["name"] != DEFAULTS["UI"]["name"]:
        unused.append("UI.name (people see the name of the platform's app: `author=` of a message shows another)")
    if _is_written(root / README):
        unused.append(f"{README} (there is no page beside a chat: say it in `@cl.on_chat_start`)")
    _files = ChainlitFiles(_merged(DEFAULTS, given), _settings(given, root / FILE), tuple(unused))
    return _files


def applied(files: ChainlitFiles, settings: GatewaySettings) -> GatewaySettings:
    """Return the settings with what the files ask for; what the operator set otherwise stays.

    Args:
        files: What was read.
        settings: The gateway's settings.
    """
    asked = {name: value for name, value in files.settings.items() if name not in settings.model_fields_set}
    return settings.model_copy(update=asked)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None


def _is_written(path: Path) -> bool:
    """Return whether there is a page, and somebody wrote it: it is not the one Chainlit makes."""
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    return bool(text) and not text.startswith("# Welcome to Chainlit!")


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in table.items():
        here = (*path, name)
        if isinstance(value, dict) and here not in USED:
            yield from _leaves(cast(Mapping[str, Any], value), here)
        else:
            yield here, value


def _means_nothing(path: tuple[str, ...], value: Any) -> bool:
    if path in USED or any(path[: len(each)] == each for each in _READ_ELSEWHERE):
        return False
    default: Any = DEFAULTS
    for name in path:
        default = cast(Mapping[str, Any], default).get(name) if isinstance(default, Mapping) else None
    return bool(value != default)


def _merged(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    both = {**base, **given}
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(base.get(name), Mapping):
            both[name] = _merged(base[name], cast(Mapping[str, Any], value))
    return both


def _settings(given: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """Return the gateway's settings that the file asks for."""
    found = {path: value for path, value in _leaves(given) if path in USED}
    for path, value in found.items():
        if not isinstance(value, USED[path]) or (isinstance(value, bool) and bool not in USED[path]):
            kinds = " or ".join(each.__name__ for each in USED[path])
            raise SettingsError(f"{file}: {'.'.join(path)} has to be {kinds}, not {value!r}")
    settings: dict[str, Any] = {}
    if (cot := found.get(("UI", "cot"))) is not None:
        if cot not in ("hidden", "tool_call", "full"):
            raise SettingsError(f"{file}: UI.cot is hidden, tool_call or full, not {cot!r}")
        settings["cot"] = cot
    if (seconds := found.get(("project", "session_timeout"))) is not None and seconds > 0:
        settings["session_rest"] = float(seconds)
    enabled, megabytes = found.get((*_UPLOADS, "enabled")), found.get((*_UPLOADS, "max_size_mb"))
    if enabled is False:
        settings["max_files"] = 0
    elif (count := found.get((*_UPLOADS, "max_files"))) is not None:
        settings["max_files"] = max(count, 0)
    if megabytes is not None and megabytes > 0:
        settings["max_file_mb"] = min(float(megabytes), MAX_FILE_MB)
    if (accept := found.get((*_UPLOADS, "accept"))) is not None:
        settings["accept"] = ", ".join(_kinds(accept))
    return settings


def _kinds(accept: list[Any] | dict[str, Any]) -> list[str]:
    """Return the kinds of files as one list: MIME types and endings."""
    if isinstance(accept, list):
        return [str(each) for each in accept if each != "*/*"]
    return [str(each) for mime, endings in accept.items() for each in (endings or [mime])]

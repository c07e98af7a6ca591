"""Loading a bot: a Python file whose import registers handlers."""

import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from gateway import data
from gateway.chat.registry import Callbacks, fresh
from gateway.errors import SettingsError

MODULE = "module:"
"""What a target begins with that names a module and no file."""
COMPAT = "run it with `--compat chainlit` (GATEWAY_COMPAT=chainlit)"
"""What to do with a file that was written for Chainlit."""


def load_bot(path: Path) -> Callbacks:
    """Import the bot's file and return the handlers it registered. Raises ``SettingsError``, naming the cause and its
    line, for a file that is missing, does not import or registers nothing."""
    if not path.is_file():
        raise SettingsError(f"there is no bot file at {path}: check the path, or write one with `gateway init`")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SettingsError(f"{path} is not a Python file")
    if _hides(path):
        raise SettingsError(f"{path} would hide the module {path.stem!r}: rename it, e.g. to {path.stem}_bot.py")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)  # so that the bot can import the files next to it
    return _registered(spec, path)


def load_target(target: str | Path) -> Callbacks:
    """Import what an application names as its bot, and return the handlers it registered. Raises ``SettingsError`` as
    ``load_bot`` does.

    Args:
        target: The path of the bot's file, or ``module:package.bot`` for a module that can be imported.
    """
    if isinstance(target, Path) or not target.startswith(MODULE):
        return load_bot(Path(target))
    spec = _module(target)
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        raise SettingsError(f"there is no module for {target!r}: check its name and PYTHONPATH")
    return _registered(spec, Path(spec.origin))


def file_of(target: str | Path) -> Path | None:
    """Return the file that a target is read from; None for a module that there is not, or that has none. Raises
    ``SettingsError`` where the package of a module cannot be imported."""
    if isinstance(target, Path) or not target.startswith(MODULE):
        return Path(target)
    spec = _module(target)
    return None if spec is None or spec.origin is None else Path(spec.origin)


def _module(target: str) -> ModuleSpec | None:
    name = target.removeprefix(MODULE)
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:  # a package above it that is missing or fails; a name that is none
        raise SettingsError(f"there is no module {name!r} for {target!r}: {error}") from error


def _registered(spec: ModuleSpec, path: Path) -> Callbacks:
    """Run the module and return the handlers it registered."""
    assert spec.loader is not None
    callbacks = fresh()
    callbacks.folder, callbacks.file = path.resolve().parent, path.name
    data.set_data_layer(None)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with _starting_no_server():
            spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise SettingsError(f"{path} does not import: {error} ({_line(error, path)}){_hint(error)}") from error
    except (Exception, SystemExit) as error:
        # The bot file is the user's: whatever it raises while loading is theirs to read, in one line.
        what = " ".join(str(error.msg if isinstance(error, SyntaxError) else error).split())
        raise SettingsError(f"{path} does not import: {type(error).__name__}: {what} ({_line(error, path)})") from error
    if (layer := data.get_data_layer()) is not None:  # the file assigned ``gateway.data._data_layer``
        callbacks.data_layer = lambda: layer
    if callbacks.empty:
        hint = (
            f"it imports chainlit: {COMPAT}"
            if _is_chainlit(sys.modules.get("chainlit"))
            else "decorate a function with @on_message"
        )
        raise SettingsError(f"{path} registers no handler: {hint}")
    return callbacks


def _is_chainlit(module: ModuleType | None) -> bool:
    """Return whether a module is the real Chainlit, and not the one in ``gateway/compat/chainlit``."""
    return module is not None and Path(module.__file__ or "").parent.parent.name != "compat"


def _hint(error: ModuleNotFoundError) -> str:
    """Return what to do about a module that is missing, behind a semicolon; nothing where the error says it."""
    root = (error.name or "").partition(".")[0]
    if root == "chainlit":
        return f"; {COMPAT}, or write `import gateway as cl`"
    if root == "gateway":
        return "; `import gateway as cl` gives all there is"
    return f"; install it, e.g. `pip install {root}`" if root else ""


@contextmanager
def _starting_no_server() -> Generator[None]:
    """Let ``uvicorn.run`` raise in the block: a file that serves itself while it is loaded would never be loaded."""
    uvicorn: Any = sys.modules.get("uvicorn")
    if uvicorn is None:
        yield
        return

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError(
            "a bot starts no server of its own, `gateway run` serves it: put `uvicorn.run(...)` below "
            "`if __name__ == '__main__':`, or mount the bot in your application with `mount_gateway`"
        )

    run, run_server = uvicorn.run, uvicorn.Server.run
    uvicorn.run = uvicorn.Server.run = refuse
    try:
        yield
    finally:
        uvicorn.run, uvicorn.Server.run = run, run_server


def _hides(path: Path) -> bool:
    """Return whether the bot's file name (``discord.py``, ``gateway.py``) is that of a module others import, who would
    get the bot instead."""
    name = path.stem
    if name in sys.builtin_module_names:
        return True
    installed = {*sysconfig.get_paths().values(), str(Path(__file__).resolve().parents[1])}
    spec = PathFinder.find_spec(name, sorted(installed - {str(path.resolve().parent)}))
    if spec is None or spec.origin is None:  # a mere folder of that name hides nothing
        return False
    unused = name in {*sys.stdlib_module_names, "test"} and name not in sys.modules  # nobody misses those (``test.py``)
    return not unused


def _line(error: BaseException, path: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        elsewhere = error.filename and Path(error.filename).name != path.name
        return f"{error.filename}, line {error.lineno}" if elsewhere else f"line {error.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path.absolute()]
    return f"line {frames[-1].lineno}" if frames else "while importing"

"""The import hook: while it is installed, ``import chainlit`` finds the modules in ``gateway/compat/chainlit``."""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import structlog

import gateway
from gateway.compat.modules import GUIDE, CompatModule, unknown
from gateway.compat.names import EMPTY
from gateway.errors import SettingsError

log = structlog.get_logger(__name__)

ROOT = "chainlit"
"""The package whose imports are answered."""
_FOLDER = Path(__file__).parent / ROOT


def install() -> str | None:
    """Answer imports of ``chainlit`` in this process from now on; again it does nothing.

    Returns:
        One line about an installed Chainlit, which is not used; None where there is none.

    Raises:
        SettingsError: The real Chainlit was imported before.
    """
    if any(isinstance(each, ChainlitFinder) for each in sys.meta_path):
        return None
    if ROOT in sys.modules:
        raise SettingsError("chainlit is imported already: install the hook before anything imports it")
    installed = PathFinder.find_spec(ROOT)
    sys.meta_path.insert(0, ChainlitFinder())
    if installed is None or installed.origin is None:
        return None
    return f"the installed Chainlit ({Path(installed.origin).parent}) is not used: --compat chainlit takes its place"


def uninstall() -> None:
    """Answer no imports any more, and forget the modules that were imported."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, ChainlitFinder)]
    for name in [each for each in sys.modules if each == ROOT or each.startswith(f"{ROOT}.")]:
        del sys.modules[name]


@cache
def _file(name: str) -> Path | None:
    """Return the file that a module of Chainlit's is read from here, if there is one."""
    path = _FOLDER.joinpath(*name.split(".")[1:])
    return next((each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()), None)


def is_module(name: str) -> bool:
    """Return whether a full name is that of a module that can be imported.

    Args:
        name: The full name, such as ``chainlit.types``.
    """
    return any(each == name or each.startswith(f"{name}.") for each in EMPTY) or _file(name) is not None


class ChainlitFinder(MetaPathFinder):
    """Finds ``chainlit`` and what is in it; everything else is left to the other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != ROOT and not fullname.startswith(f"{ROOT}."):
            return None
        if (file := _file(fullname)) is not None:
            # Every module has a path, as packages have: so that `from chainlit.types import X` asks here for an X that
            # is not there, and the answer names what there is.
            return spec_from_file_location(
                fullname, file, loader=_FileLoader(fullname, str(file)), submodule_search_locations=[]
            )
        if is_module(fullname):
            return ModuleSpec(fullname, _EmptyLoader(), is_package=True)
        parent = sys.modules.get(fullname.rpartition(".")[0])
        raise ModuleNotFoundError(unknown(fullname, parent))


class _FileLoader(SourceFileLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return CompatModule(spec.name, is_module)


class _EmptyLoader(Loader):
    """Makes a module of which all names are refused."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return CompatModule(spec.name, is_module)

    def exec_module(self, module: ModuleType) -> None:
        pass


class Patches:
    """Notices methods of the gateway's classes that a file replaces while it is loaded."""

    def __init__(self) -> None:
        self._before = {each: _methods(each) for each in _classes()}

    def warn(self) -> None:
        """Log each method that was replaced since the object was made."""
        for cls, before in self._before.items():
            for name, value in _methods(cls).items():
                if before.get(name) is not value:
                    log.warning(
                        "compat.patched",
                        name=f"{cls.__name__}.{name}",
                        fix=f"the gateway may not call what was put there, or call it otherwise: {GUIDE}",
                    )


def _classes() -> list[type[Any]]:
    return [each for each in (vars(gateway).get(name) for name in gateway.__all__) if isinstance(each, type)]


def _methods(cls: type[Any]) -> Mapping[str, Any]:
    kinds = (FunctionType, property, classmethod, staticmethod)
    return {name: value for name, value in vars(cls).items() if isinstance(value, kinds)}

"""Keeps a test apart from the developer's machine: from its environment, and from what an earlier test imported."""

import os
import sys
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway import data
from gateway.settings import GatewaySettings, given_only


@contextmanager
def environment(values: Mapping[str, str], *, hidden: Collection[str]) -> Generator[None]:
    """Set environment variables in the block, and hide those of the gateway and its platforms.

    Args:
        values: Variables that the bot is to see.
        hidden: Variables of the platforms, such as a developer's real tokens.
    """
    before = dict(os.environ)
    for name in {*hidden, *GatewaySettings.variables(), *(name for name in before if name.startswith("GATEWAY_"))}:
        os.environ.pop(name, None)
    os.environ.update(values)
    try:
        with given_only():
            yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def imports(folder: Path) -> Generator[None]:
    """Forget after the block what was imported in it from a bot's folder, so that the next test imports it anew.

    Modules that were imported before, such as those a test replaces functions in, stay as they are.
    """
    modules, path, layer = dict(sys.modules), list(sys.path), data.get_data_layer()
    try:
        yield
    finally:
        for name, module in list(sys.modules.items()):
            if modules.get(name) is module:
                continue
            file = getattr(module, "__file__", None)
            if file is not None and _is_own(Path(file), folder):
                if name in modules:
                    sys.modules[name] = modules[name]
                else:
                    del sys.modules[name]
        sys.path[:] = path
        data.set_data_layer(layer)


def _is_own(file: Path, folder: Path) -> bool:
    """Whether a module is the bot's or stands beside it, and is no installed package and no test."""
    if not file.is_relative_to(folder) or "site-packages" in file.parts:
        return False
    return not file.name.startswith(("test_", "conftest")) and not file.stem.endswith("_test")

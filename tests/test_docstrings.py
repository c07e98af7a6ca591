"""What an editor shows on hover says what a bot's author has to know."""

import ast
import importlib
import inspect
import logging
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

import gateway
from gateway import errors
from gateway.data.base import BaseDataLayer
from gateway.data.chainlit_data_layer import ChainlitDataLayer
from gateway.data.sql_alchemy import SQLAlchemyDataLayer
from gateway.data.storage_clients.azure import AzureStorageClient
from gateway.data.storage_clients.azure_blob import AzureBlobStorageClient
from gateway.data.storage_clients.base import BaseStorageClient
from gateway.data.storage_clients.gcs import GCSStorageClient
from gateway.data.storage_clients.local import LocalStorageClient
from gateway.data.storage_clients.s3 import S3StorageClient

ROOT = Path(__file__).parent.parent
INHERITS = {gateway.Audio, gateway.File, gateway.Image, gateway.Pdf, gateway.Text, gateway.Video}
"""Classes that refer to their base class for the parameters, all of which are the same."""

NOT_NAMES = {"gateway.adapters", "gateway.toml", "gateway.py", "gateway.x.Name"}
"""What looks like a name in Python and is none: a group of entry points, files, the placeholder in this module."""


CLIENTS = (AzureBlobStorageClient, AzureStorageClient, GCSStorageClient, LocalStorageClient, S3StorageClient)
DATA = {
    each.__name__: each for each in (BaseDataLayer, SQLAlchemyDataLayer, ChainlitDataLayer, BaseStorageClient, *CLIENTS)
}
"""The classes of a data layer, which a bot imports from ``gateway.data``."""


def public_callables() -> Iterator[tuple[str, Any]]:
    """What a bot can call: each name of ``gateway.__all__``, the classes of a data layer, and the public methods the
    gateway defines for them."""
    for name, value in [*((name, getattr(gateway, name)) for name in gateway.__all__), *DATA.items()]:
        if isinstance(value, logging.Logger):
            continue  # the standard library documents it
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            value = type(value)  # `user_session`, `context`: the class says what they can do
        yield name, value
        for method in dir(value) if inspect.isclass(value) else ():
            function = inspect.getattr_static(value, method)
            function = function.__func__ if isinstance(function, classmethod | staticmethod) else function
            ours = str(getattr(function, "__module__", "")).startswith("gateway.")
            if not method.startswith("_") and inspect.isfunction(function) and ours:
                yield f"{name}.{method}", function


def parameters(value: Any) -> set[str]:
    """The names of the parameters of a function, or of a class where the class states its own."""
    own = not inspect.isclass(value) or inspect.isfunction(value.__init__)
    if value in INHERITS or not own or (inspect.isclass(value) and issubclass(value, Enum)):
        return set()
    return set(inspect.signature(value).parameters) - {"self", "cls"}


@pytest.mark.parametrize(("name", "value"), [pytest.param(*each, id=each[0]) for each in public_callables()])
def test_the_public_api_says_what_it_is_for_and_what_each_parameter_means(name: str, value: Any) -> None:
    text = value.__doc__
    assert text, f"{name} has no docstring of its own"
    listed = set(re.findall(r"^\s+(\w+): \S", text.partition("Args:")[2].partition("\n\n")[0], re.MULTILINE))
    assert parameters(value) == listed, f"{name}: its docstring and its parameters differ"


def test_whoever_inherits_the_parameters_of_element_takes_just_those() -> None:
    for kind in INHERITS:
        assert kind.__init__ is gateway.Element.__init__
        assert "``Element``" in (kind.__doc__ or "")


def test_a_property_of_the_public_api_has_a_docstring() -> None:
    classes = [value for value in vars(gateway).values() if inspect.isclass(value)]
    classes += [type(gateway.context), type(gateway.user_session)]
    missing = [
        f"{each.__name__}.{name}"
        for each in classes
        for name, value in vars(each).items()
        if isinstance(value, property) and not name.startswith("_") and not value.__doc__
    ]
    assert not missing


def test_the_tree_of_errors_is_drawn_whole_and_a_star_marks_what_a_bot_can_catch() -> None:
    """``gateway/errors.py`` draws the tree in its docstring; it must not drift from the classes."""
    drawn = re.findall(r"^( *)[*+.-] (\w+)( \*)?", errors.__doc__ or "", re.MULTILINE)
    above: list[str] = []
    tree: dict[str, str] = {}
    for indent, name, _ in drawn:
        del above[len(indent) // 2 :]
        tree[name] = above[-1] if above else "Exception"
        above.append(name)
    classes = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]
    assert tree == {each.__name__: each.__base__.__name__ for each in classes if each.__base__ is not None}
    starred = {name for _, name, star in drawn if star}
    assert starred == {each.__name__ for each in classes if each.__name__ in gateway.__all__}


def test_the_guide_says_what_to_do_about_each_error_a_handler_can_catch() -> None:
    guide = (ROOT / "docs" / "handlers.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `cl\.(\w+)` \|", guide, re.MULTILINE))
    assert table == {name for name in gateway.__all__ if hasattr(errors, name)}


def undocumented(path: Path) -> Iterator[str]:
    """Yield public modules, and public classes and functions on their top level, that have no docstring."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    place = path.relative_to(ROOT)
    if not ast.get_docstring(module):
        yield str(place)
    for node in module.body:
        if (
            isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
            and "overload" not in map(ast.unparse, node.decorator_list)
        ):
            yield f"{place}:{node.lineno} {node.name}"


def exists(name: str) -> bool:
    """Return whether a dotted name is a module, or leads from a module to an attribute."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            known = getattr(value, "__annotations__", {})
            if not hasattr(value, part):
                return part in known and part == parts[-1]
            value = getattr(value, part)
        return True
    return False


@pytest.mark.parametrize("folder", ["gateway", "adapters", "tests", "benchmarks"])
def test_a_full_name_in_backticks_is_that_of_something(folder: str) -> None:
    """``gateway.x.Name`` in a docstring or comment: renaming something must not leave its old name behind."""
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in re.findall(r"``((?:gateway|adapters|benchmarks)(?:\.\w+)+)``", path.read_text(encoding="utf-8"))
        if name not in NOT_NAMES and not exists(name)
    }
    assert not missing, "\n".join(sorted(missing))


@pytest.mark.parametrize("package", ["gateway", "adapters"])
def test_every_public_module_class_and_function_has_a_docstring(package: str) -> None:
    missing = [each for path in sorted((ROOT / package).rglob("*.py")) for each in undocumented(path)]
    assert not missing, "\n".join(missing)


def undocumented_constants(path: Path) -> Iterator[str]:
    """Yield public names that a module assigns at its top level without a docstring below. Type variables need none."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node, following in zip(body, [*body[1:], None], strict=True):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else ()
        )
        names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
        variable = isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar(")
        documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if any(not name.startswith("_") for name in names) and not variable and not documented:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {', '.join(names)}"


@pytest.mark.parametrize("package", ["gateway/emulators", "gateway/playground"])
def test_every_public_constant_of_the_emulators_has_a_docstring(package: str) -> None:
    missing = [each for path in sorted((ROOT / package).rglob("*.py")) for each in undocumented_constants(path)]
    assert not missing, "\n".join(missing)

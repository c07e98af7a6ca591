"""``import chainlit`` gives the gateway's own objects; what is not there says so, and what is there stays."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gateway
from gateway.compat import hook, names
from gateway.errors import SettingsError, Unsupported

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "gateway" / "compat" / "chainlit"
MODULES = sorted(
    ".".join(("chainlit", *path.relative_to(FOLDER).with_suffix("").parts)).removesuffix(".__init__")
    for path in FOLDER.rglob("*.py")
)
IDENTICAL = {
    "chainlit.types": "gateway.types",
    "chainlit.input_widget": "gateway.input_widget",
    "chainlit.element": "gateway.element",
    "chainlit.step": "gateway.step",
    "chainlit.user": "gateway.user",
    "chainlit.data": "gateway.data",
    "chainlit.data.base": "gateway.data.base",
    "chainlit.data.sql_alchemy": "gateway.data.sql_alchemy",
    "chainlit.data.dynamodb": "gateway.data.dynamodb",
    "chainlit.data.chainlit_data_layer": "gateway.data.chainlit_data_layer",
    "chainlit.data.storage_clients.s3": "gateway.data.storage_clients.s3",
    "chainlit.data.storage_clients.azure": "gateway.data.storage_clients.azure",
    "chainlit.data.storage_clients.azure_blob": "gateway.data.storage_clients.azure_blob",
    "chainlit.data.storage_clients.gcs": "gateway.data.storage_clients.gcs",
    "chainlit.discord.app": "gateway.discord.app",
}
OBJECTS = ("cache", "chat_context", "context", "logger", "step", "user_session")
"""Names that are an object of ``chainlit`` and a module below it."""

pytestmark = pytest.mark.usefixtures("hooked")


@pytest.mark.parametrize(("theirs", "ours"), IDENTICAL.items())
def test_a_module_has_our_objects(theirs: str, ours: str) -> None:
    module, own = importlib.import_module(theirs), sys.modules.get(ours) or importlib.import_module(ours)
    shared = set(module.__all__) & set(vars(own))
    assert shared
    assert {name for name in shared if getattr(module, name) is not vars(own)[name]} == set()


def test_the_package_has_the_whole_api() -> None:
    chainlit = importlib.import_module("chainlit")
    eager = [name for name in gateway.__all__ if name in vars(gateway)]
    assert [name for name in eager if getattr(chainlit, name) is not vars(gateway)[name]] == []
    assert set(gateway.__all__) <= set(chainlit.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_each_module_is_imported_and_has_what_it_says(module: str) -> None:
    found = importlib.import_module(module)
    assert found.__name__ == module
    lazy = {"chainlit.langchain.callbacks", "chainlit.llama_index.callbacks", "chainlit.openai"}
    lazy |= {"chainlit", "chainlit.mistralai", "chainlit.semantic_kernel"}  # integrations, which need their library
    if module not in lazy:
        assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("chainlit.langchain.callbacks", "LangchainCallbackHandler"),
        ("chainlit.langchain.callbacks", "AsyncLangchainCallbackHandler"),
        ("chainlit.llama_index.callbacks", "LlamaIndexCallbackHandler"),
        ("chainlit.openai", "instrument_openai"),
        ("chainlit.mistralai", "instrument_mistralai"),
        ("chainlit.semantic_kernel", "SemanticKernelFilter"),
    ],
)
def test_an_integration_is_the_gateway_s_own_with_its_error_where_the_library_is_missing(
    module: str, name: str
) -> None:
    chainlit, own = importlib.import_module("chainlit"), importlib.import_module(module)
    try:
        expected = getattr(gateway, name)
    except ImportError as error:
        for each in (chainlit, own):
            with pytest.raises(ImportError, match=re.escape(str(error))):
                getattr(each, name)
    else:
        assert getattr(chainlit, name) is expected
        assert getattr(own, name) is expected


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_stays_one_when_the_module_of_its_name_is_imported(name: str) -> None:
    chainlit = importlib.import_module("chainlit")
    assert getattr(importlib.import_module(f"chainlit.{name}"), name) is getattr(chainlit, name)
    assert getattr(chainlit, name) is getattr(gateway, name)


def test_modules_need_no_import_of_their_own() -> None:
    chainlit = importlib.import_module("chainlit")
    assert chainlit.types.ThreadDict is importlib.import_module("gateway.types").ThreadDict
    assert chainlit.data.storage_clients.base.BaseStorageClient
    assert not hasattr(chainlit, "nothing")


@pytest.mark.parametrize(
    "line",
    [
        "from chainlit.types import Nothing",
        "import chainlit.types.nothing",
        "import chainlit.nothing",
        "from chainlit import Nothing",
    ],
)
def test_what_is_unknown_cannot_be_imported_and_says_where_to_look(line: str) -> None:
    with pytest.raises(ImportError, match=r"there is no '[Nn]othing' in chainlit.*docs/from-chainlit\.md"):
        exec(line, {})


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(ImportError, match="has make_async, run_sync"):
        exec("from chainlit.sync import make_sync", {})
    with pytest.raises(AttributeError, match="there is no 'Massage' in chainlit"):
        exec("import chainlit as cl; cl.Massage", {})


@pytest.mark.parametrize("path", sorted(names.REFUSED))
def test_what_has_no_counterpart_is_imported_and_raises_when_it_is_used(path: str) -> None:
    module, _, name = path.rpartition(".")
    scope: dict[str, object] = {}
    exec(f"from {module} import {name} as it", scope)
    exec("def annotated(value: 'it', other: it | None = None) -> None: ...", scope)
    exec("assert not isinstance(1, it)", scope)
    for use in ("it()", "it.anything", "it['a']", "list(it)"):
        with pytest.raises(Unsupported) as error:
            exec(use, scope)
        assert str(error.value).startswith(f"{path} is not here: {names.REFUSED[path]}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chainlit.Message = object", "chainlit.Message cannot be replaced"),
        ("chainlit.types.ThreadDict = dict", "chainlit.types.ThreadDict cannot be replaced"),
        ("chainlit.server.build_dir = '/tmp'", "chainlit.server has no build_dir that could be set"),
        ("del chainlit.Message", "chainlit.Message cannot be deleted"),
    ],
)
def test_what_is_there_stays(line: str, said: str) -> None:
    with pytest.raises(AttributeError, match=said):
        exec(f"import chainlit\n{line}", {})


def test_the_data_layer_may_be_assigned(monkeypatch: pytest.MonkeyPatch) -> None:
    data = importlib.import_module("gateway.data")
    monkeypatch.setattr(data, "_data_layer", None)
    layer = object()
    exec("import chainlit.data as cl_data\ncl_data._data_layer = layer", {"layer": layer})
    assert data._data_layer is layer
    assert importlib.import_module("chainlit.data")._data_layer is layer


def test_a_method_that_is_replaced_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patches = hook.Patches()
    patches.warn()
    monkeypatch.setattr(gateway.Message, "send", lambda self: None)
    patches.warn()
    said = capsys.readouterr()
    assert (said.out + said.err).count("compat.patched") == 1
    assert "Message.send" in said.out + said.err


def test_the_real_one_was_imported_before(monkeypatch: pytest.MonkeyPatch) -> None:
    hook.uninstall()
    monkeypatch.setitem(sys.modules, "chainlit", sys)
    with pytest.raises(SettingsError, match="imported already"):
        hook.install()


def test_an_installed_one_is_not_used_and_one_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hook.uninstall()
    (tmp_path / "chainlit").mkdir()
    (tmp_path / "chainlit" / "__init__.py").write_text("raise AssertionError('it was imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    line = hook.install()
    assert line is not None
    assert str(tmp_path / "chainlit") in line
    assert importlib.import_module("chainlit").Message is gateway.Message
    assert hook.install() is None


def test_nothing_of_it_is_imported_without_the_flag() -> None:
    program = (
        "import sys, gateway.cli, gateway.bootstrap, gateway.loading;"
        "print([each for each in sys.modules if each.startswith('gateway.compat')])"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

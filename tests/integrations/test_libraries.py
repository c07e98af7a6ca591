"""When the libraries are imported, and what is said where one is missing or of another version."""

import subprocess
import sys
from pathlib import Path

import pytest

import gateway as cl
from gateway.integrations import NAMES, libraries
from gateway.integrations.libraries import Library, numbers

HEAVY = ("langchain_core", "llama_index", "semantic_kernel", "openai", "mistralai", "mcp")


def test_import_gateway_imports_none_of_the_libraries() -> None:
    code = f"import sys, gateway; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"


def test_a_missing_library_is_named_with_what_installs_it() -> None:
    absent = Library("no-such-library-here", extra="langchain", at_least=(1,), below=(2,))
    with pytest.raises(ImportError, match=r"LangchainCallbackHandler .* pip install 'bot-gateway\[langchain\]'"):
        absent.require("LangchainCallbackHandler")


@pytest.mark.parametrize("found", ["0.9.9", "2.0", "2.0.0rc1"])
def test_a_version_out_of_range_is_named_with_the_range(found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "version", lambda name: found)
    with pytest.raises(ImportError, match=rf"langchain-core>=1.0,<2, but {found} is installed"):
        _ = cl.LangchainCallbackHandler


def test_a_version_is_read_as_far_as_it_is_numbers() -> None:
    assert [numbers(each) for each in ("1.40.2rc1", "0.14", "")] == [(1, 40, 2), (0, 14), ()]


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'LangChainCallbackHandler'"):
        _ = cl.LangChainCallbackHandler


def test_each_name_is_typed_for_checkers() -> None:
    source = Path(cl.__file__).read_text(encoding="utf-8")
    assert [name for name in NAMES if f"import {name} as {name}" not in source] == []

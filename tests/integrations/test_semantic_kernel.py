"""Semantic Kernel's real library in a bot. It wants an older ``mcp`` than the development environment has, so its tests
run in an environment of their own: ``make test-integrations``."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import gateway as cl
from tests.integrations.stage import stage
from tests.support.left_out import UNTESTED_KERNEL

if find_spec("semantic_kernel") is None:
    pytest.skip(f"{UNTESTED_KERNEL}: run make test-integrations", allow_module_level=True)

semantic_kernel: Any = import_module("semantic_kernel")
Kernel, KernelInvokeException, kernel_function = (
    semantic_kernel.Kernel,
    import_module("semantic_kernel.exceptions").KernelInvokeException,
    import_module("semantic_kernel.functions").kernel_function,
)


class Weather:
    """A plugin."""

    @kernel_function(name="get_weather")  # type: ignore[untyped-decorator]
    def get_weather(self, city: str) -> str:
        """Return the weather of a city."""
        if city == "Atlantis":
            raise ValueError("it is under water")
        with cl.Step("look outside", type="tool") as step:
            step.output = "bright"
        return f"sunny in {city}"

    @kernel_function(name="secret")  # type: ignore[untyped-decorator]
    def secret(self) -> str:
        """Return what is not shown."""
        return "hush"


def kernel(**options: Any) -> Any:
    """Return a kernel with the plugin and the filter."""
    made = Kernel()
    made.add_plugin(Weather(), plugin_name="Weather")
    cl.SemanticKernelFilter(kernel=made, **options)
    return made


async def test_functions_are_tool_steps_named_by_plugin_and_function(tmp_path: Path) -> None:
    made = kernel()

    async def main(message: cl.Message) -> None:
        result = await made.invoke(plugin_name="Weather", function_name="get_weather", city=message.content)
        await cl.Message(f"It is {result}").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("Paris", "It is sunny in Paris")
        await on.sees_steps(post, '✅ Weather-get_weather: "city": "Paris" → sunny in Paris', "✅ look outside: bright")


async def test_a_function_that_fails_is_shown_as_failed(tmp_path: Path) -> None:
    made = kernel()

    async def main(message: cl.Message) -> None:
        with pytest.raises(KernelInvokeException):
            await made.invoke(plugin_name="Weather", function_name="get_weather", city="Atlantis")
        await cl.Message("No weather").send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("go", "No weather")
        await on.sees_steps(post, "❌ Weather-get_weather: Atlantis → it is under water")


@pytest.mark.parametrize(
    "excluded",
    [{"excluded_plugins": ["Weather"]}, {"excluded_functions": ["secret"]}, {"excluded_functions": ["Weather-secret"]}],
)
async def test_what_is_excluded_is_not_shown(excluded: dict[str, list[str]], tmp_path: Path) -> None:
    made = kernel(**excluded)

    async def main(message: cl.Message) -> None:
        result = await made.invoke(plugin_name="Weather", function_name="secret")
        await cl.Message(str(result)).send()

    async with stage(main, tmp_path) as on:
        post = await on.asks("go", "hush")
        assert on.said(post) == ["hush"]


async def test_outside_of_a_handler_a_function_just_runs() -> None:
    result = await kernel().invoke(plugin_name="Weather", function_name="get_weather", city="Paris")
    assert str(result) == "sunny in Paris"


def test_a_text_for_a_list_of_names_is_refused() -> None:
    with pytest.raises(TypeError, match="lists of names"):
        cl.SemanticKernelFilter(excluded_plugins="Weather")

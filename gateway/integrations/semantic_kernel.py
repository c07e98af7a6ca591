"""Shows what a Semantic Kernel calls: its functions are steps."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

import structlog

from gateway.chat.steps import Step
from gateway.runtime.context import current_turn

log = structlog.get_logger(__name__)


class _Kernel(Protocol):
    """A ``semantic_kernel.Kernel``, as far as the filter needs it."""

    def add_filter(self, filter_type: Any, filter: Any) -> None: ...


class SemanticKernelFilter:
    """Shows each call of a kernel's functions as a step of type ``tool``, named ``Plugin-function``.

    Prompts are no tools: a function that is made of a prompt is shown as a step of type ``llm``. Outside of a handler
    nothing is shown. What fails in showing a call is logged; the call goes on.

    Args:
        excluded_plugins: Names of plugins whose functions are not shown.
        excluded_functions: Names of functions that are not shown, alone or as ``Plugin-function``.
        kernel: The kernel the filter is added to at once. Without one, ``add_to_kernel`` does it.
    """

    def __init__(
        self,
        excluded_plugins: Iterable[str] | None = None,
        excluded_functions: Iterable[str] | None = None,
        kernel: _Kernel | None = None,
    ) -> None:
        if isinstance(excluded_plugins, str) or isinstance(excluded_functions, str):
            raise TypeError("excluded_plugins and excluded_functions are lists of names: ['Weather']")
        self.excluded_plugins = list(excluded_plugins or ())
        self.excluded_functions = list(excluded_functions or ())
        if kernel is not None:
            self.add_to_kernel(kernel)

    def add_to_kernel(self, kernel: _Kernel) -> None:
        """Add the filter to a kernel.

        Args:
            kernel: The kernel, a ``semantic_kernel.Kernel``.
        """
        kernel.add_filter("function_invocation", self._show)

    async def _show(self, context: Any, next: Callable[[Any], Awaitable[None]]) -> None:
        """Show the call of a function around it."""
        function = context.function
        plugin, name = function.plugin_name or "", function.name
        full = f"{plugin}-{name}" if plugin else name
        if (
            current_turn.get() is None
            or plugin in self.excluded_plugins
            or name in self.excluded_functions
            or full in self.excluded_functions
        ):
            await next(context)
            return
        step = Step(full, type="llm" if getattr(function, "is_prompt", False) else "tool", show_input=True)
        step.input = _arguments(context)
        async with step:
            await next(context)
            try:
                step.output = _output(context)
            except Exception:
                log.exception("integration.callback_failed", callback="SemanticKernelFilter")


def _arguments(context: Any) -> dict[str, Any]:
    """Return the arguments of a call that a model or the bot gave, and not what the kernel adds."""
    own = {parameter.name for parameter in context.function.parameters if parameter.include_in_function_choices}
    return {name: value for name, value in context.arguments.items() if name in own}


def _output(context: Any) -> Any:
    """Return what came out of a call; nothing of one that streams, because to read it would take it from the bot."""
    value: Any = None if context.result is None else context.result.value
    if value is None or hasattr(value, "__aiter__"):
        return None
    return value if type(value) in (str, dict) else str(context.result)

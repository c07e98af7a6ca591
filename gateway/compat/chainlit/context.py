"""``chainlit.context``."""

from gateway import context
from gateway.chat.context import Context
from gateway.chat.steps import Step
from gateway.runtime.context import OutsideTurn, require_turn

ChainlitContext = Context
ChainlitContextException = OutsideTurn


def get_context() -> Context:
    """Return the context of the running handler. Raises ``ChainlitContextException`` where there is none."""
    require_turn()
    return context


class _LocalSteps:
    """The steps that the running code is in, outermost first, read as a context variable is."""

    def get(self, default: list[Step] | None = None) -> list[Step] | None:
        """Return the steps.

        Args:
            default: What is returned outside of all steps.
        """
        steps = [each for each in (context.current_run, context.current_step) if each is not None]
        return list(dict.fromkeys(steps)) or default

    def set(self, steps: list[Step] | None) -> None:
        """Do nothing: which steps the code is in is known from the code itself.

        Args:
            steps: The steps, which are not kept.
        """


local_steps = _LocalSteps()

__all__ = ["ChainlitContext", "ChainlitContextException", "context", "get_context", "local_steps"]

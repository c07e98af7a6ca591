"""What an app written for Chainlit imports from ``chainlit.context``: the gateway's own objects."""

import structlog

from gateway import context
from gateway.chat.context import Context
from gateway.chat.steps import Step, steps_around
from gateway.runtime.context import OutsideTurn, require_turn

log = structlog.get_logger(__name__)

ChainlitContext = Context
ChainlitContextException = OutsideTurn


def get_context() -> Context:
    """Return the context of the running handler. Raises ``ChainlitContextException`` where there is none."""
    require_turn()
    return context


class _LocalSteps:
    """The steps that the running code is in, outermost first, read as a context variable is."""

    def get(self, default: list[Step] | None = None) -> list[Step] | None:
        """Return the step of the running handler and the steps that the running code is inside of, outermost first.

        Args:
            default: What is returned outside of all steps.
        """
        run = context.current_run
        return [*(() if run is None else (run,)), *steps_around()] or default

    def set(self, steps: list[Step] | None) -> None:
        """Do nothing, and log it: which steps the code is in is known from the code itself.

        Args:
            steps: The steps, which are not kept.
        """
        log.warning("compat.does_nothing", name="chainlit.context.local_steps.set", instead="enter a `cl.Step`")


local_steps = _LocalSteps()

__all__ = ["ChainlitContext", "ChainlitContextException", "context", "get_context", "local_steps"]

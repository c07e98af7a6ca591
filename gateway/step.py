"""Steps, under the names the documents import them from.

``gateway.step`` is also the decorator: ``gateway`` imports this module before it binds the name to the function.
"""

from gateway.chat.step_decorator import step
from gateway.chat.steps import Step, StepType
from gateway.model import StepDict

__all__ = ["Step", "StepDict", "StepType", "step"]

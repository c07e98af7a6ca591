"""What an app written for Chainlit imports from ``chainlit.step``: the gateway's own objects."""

from gateway.chat.step_decorator import step
from gateway.chat.steps import Step, StepType
from gateway.model import StepDict

TrueStepType = StepType

__all__ = ["Step", "StepDict", "StepType", "TrueStepType", "step"]

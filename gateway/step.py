"""The dict of a step, under the name the documents import it from."""

from gateway.chat.dicts import StepDict

__all__ = ["StepDict"]

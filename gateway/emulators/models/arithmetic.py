"""Arithmetic in a question: two numbers and an operation."""

import re
from typing import NamedTuple

_NAMES = {
    "+": ("add", "sum", "plus"),
    "-": ("subtract", "sub", "minus", "difference"),
    "*": ("multiply", "mul", "times", "product"),
    "/": ("divide", "div", "quotient"),
}
"""What tools for each operation are called."""
CALCULATORS = ("calculator", "calculate", "calc", "evaluate", "eval", "math", "arithmetic", "compute")
"""What tools for any operation are called."""
_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "multiplied by": "*",
    "divided by": "/",
    "x": "*",
    "\u00d7": "*",
    "\u00f7": "/",
}
_SUM = re.compile(
    r"(?<![\w.])(?P<left>-?\d+(?:\.\d+)?)\s*(?P<sign>[-+*/\u00d7\u00f7]|plus|minus|times|multiplied by|divided by|x)\s*"
    r"(?P<right>-?\d+(?:\.\d+)?)(?![\w]|\.\d)",
    re.IGNORECASE,
)


class Sum(NamedTuple):
    """An operation on two numbers, as it is written."""

    left: str
    sign: str
    right: str

    @property
    def expression(self) -> str:
        """The operation as a program would write it."""
        return f"{self.left} {self.sign} {self.right}"

    @property
    def result(self) -> str:
        """What comes out of it."""
        left, right = float(self.left), float(self.right)
        if self.sign == "/" and right == 0:
            return "undefined"
        value = {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else 0.0}[
            self.sign
        ]
        return str(int(value)) if value.is_integer() else f"{value:g}"


def find(question: str) -> Sum | None:
    """Return the operation a question asks for, None where it asks for none."""
    match = _SUM.search(question)
    if match is None:
        return None
    sign = match["sign"].lower()
    return Sum(match["left"], _WORDS.get(sign, sign), match["right"])


def does(tool: str, sum: Sum) -> bool:
    """Return whether a tool of this name would do the operation."""
    parts = re.split(r"[^a-z]+", tool.lower())
    return any(name in parts for name in (*_NAMES[sum.sign], *CALCULATORS))

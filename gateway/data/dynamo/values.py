"""Attribute values of DynamoDB, made of plain values and read back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from gateway.data.values import clean

Attribute = dict[str, Any]
"""An attribute value as DynamoDB's API has it: its type's letters, and the value."""

_DIGITS = 38
"""Significant digits of a number in DynamoDB at most."""
_SMALLEST, _LARGEST = -130, 125
"""Powers of ten that a number in DynamoDB begins with."""


def to_attribute(value: Any) -> Attribute:
    """Return a plain value as an attribute value. A number that DynamoDB cannot hold and a value of a type it does not
    know become their text; NUL characters and halves of surrogate pairs become U+FFFD."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": clean(value)}
        case int() | float() | Decimal():
            return _number(value)
        case bytes() | bytearray():
            return {"B": bytes(value)}
        case dict():
            named = cast(Mapping[Any, Any], value)
            return {"M": {clean(str(name)): to_attribute(each) for name, each in named.items()}}
        case list() | tuple() | set() | frozenset():
            return {"L": [to_attribute(each) for each in cast(Iterable[Any], value)]}
        case _:
            return {"S": clean(str(value))}


def to_attributes(values: Mapping[str, Any]) -> dict[str, Attribute]:
    """Return the attributes of an item with these values."""
    return {name: to_attribute(value) for name, value in values.items()}


def to_value(attribute: Mapping[str, Any]) -> Any:
    """Return the plain value of an attribute value: whole numbers as ``int``, others as ``float``, sets as lists."""
    [(kind, held)] = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _read_number(held)
        case "M":
            return to_values(held)
        case "L":
            return [to_value(each) for each in held]
        case "NS":
            return [_read_number(each) for each in held]
        case "SS" | "BS":
            return list(held)
        case _:
            return held


def to_values(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the plain values of an item's attributes."""
    return {name: to_value(attribute) for name, attribute in attributes.items()}


def _number(value: int | float | Decimal) -> Attribute:
    # The base classes' own texts: a subclass (numpy's, an enumeration's) may print itself as something else.
    match value:
        case int():
            text = int.__repr__(value)
        case float():
            text = float.__repr__(value)
        case Decimal():
            text = str(value)
    number = Decimal(text)
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    fits = number.is_finite() and len(digits) <= _DIGITS and (not number or _SMALLEST <= number.adjusted() <= _LARGEST)
    return {"N": text} if fits else {"S": text}


def _read_number(text: str) -> int | float:
    return int(text) if text.removeprefix("-").isdigit() else float(text)

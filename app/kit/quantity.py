"""Amounts of work in the unit in which an item is charged, exact to the hundredth and never a binary float."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError
from sqlalchemy import Numeric

MOST = 1000
EXACT = Numeric(6, 2)
"""The type of a quantity's column."""


def shown(quantity: Decimal) -> int | float:
    """Return the quantity as JSON shows it: 3, 2.5 or 0.25."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _number(value: Any) -> Any:
    if isinstance(value, (str, bool)):
        raise PydanticCustomError("decimal_type", "Write a number")
    return value


Quantity = Annotated[
    Decimal,
    Field(gt=0, le=MOST, decimal_places=2),
    BeforeValidator(_number),
    PlainSerializer(shown, return_type=int | float, when_used="json"),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": MOST, "multipleOf": 0.01}),
]


Sum = Annotated[
    Decimal, PlainSerializer(shown, return_type=int | float, when_used="json"), WithJsonSchema({"type": "number"})
]
"""The sum of many quantities."""


def priced(unit_fen: int, quantity: Decimal) -> int:
    """Return what `quantity` costs at `unit_fen` per unit, in whole fen; half a fen is rounded up."""
    return int((unit_fen * quantity).quantize(Decimal(1), ROUND_HALF_UP))

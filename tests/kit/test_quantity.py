"""Quantities are exact, and prices are whole fen, with half a fen rounded up."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.kit.quantity import Quantity, priced

quantities = st.integers(1, 100_000).map(lambda hundredths: Decimal(hundredths) / 100)
prices = st.integers(0, 100_000_000)


@given(prices, prices, quantities, quantities)
def test_a_sum_is_the_nearest_fen_and_more_never_costs_less(
    price: int, other: int, quantity: Decimal, more: Decimal
) -> None:
    exact = price * Fraction(quantity)
    assert exact - Fraction(1, 2) < priced(price, quantity) <= exact + Fraction(1, 2)
    assert priced(price, min(quantity, more)) <= priced(price, max(quantity, more))
    assert priced(min(price, other), quantity) <= priced(max(price, other), quantity)  # so a price under a cap stays so


@given(prices, st.integers(1, 1000))
def test_whole_quantities_are_never_rounded(price: int, quantity: int) -> None:
    assert priced(price, Decimal(quantity)) == price * quantity


@pytest.mark.parametrize(
    ("price", "quantity", "sum_fen"),
    [(1_700, "3", 5_100), (1_700, "2.5", 4_250), (333, "0.5", 167), (1, "0.5", 1), (1, "0.49", 0), (50, "0.29", 15)],
)
def test_half_a_fen_is_rounded_up(price: int, quantity: str, sum_fen: int) -> None:
    assert priced(price, Decimal(quantity)) == sum_fen


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("3", "3"), ("2.5", "2.5"), ("2.50", "2.5"), ("0.1", "0.1"), ("0.25", "0.25"), ("1000", "1000"), ("1e1", "10")],
)
def test_json_keeps_a_quantity_as_it_is(sent: str, shown: str) -> None:
    adapter = TypeAdapter[Any](Quantity)
    assert adapter.dump_json(adapter.validate_json(sent)).decode() == shown


@pytest.mark.parametrize(
    "sent", ["0", "-1", "0.001", "1000.01", "NaN", '"0.25"', '"NaN"', '"Infinity"', "1e9", '"三"', "null"]
)
def test_invalid_quantities_are_refused(sent: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Quantity).validate_json(sent)

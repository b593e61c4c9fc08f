"""Every prepared statement knows its parameters and refuses others."""

import ast
import gc
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, Text, bindparam, select
from sqlalchemy.types import NullType

import app
from app.events.transition import Machine
from app.kit.db import Database, Prepared, WrongParameters

STATEMENT = Prepared(select(bindparam("much", type_=Integer), bindparam("why", type_=Text)), optional=("why",))


def test_a_statement_takes_its_parameters_and_may_go_without_the_optional_ones() -> None:
    assert STATEMENT.arguments({"much": 1, "why": "x"}) == [1, "x"]
    assert STATEMENT.arguments({"much": 1}) == [1, None]


@pytest.mark.parametrize("given", [{}, {"why": "x"}, {"muhc": 1}, {"much": 1, "more": 2}, {"much": 1, "wyh": "x"}])
def test_a_statement_refuses_what_is_missing_misspelt_or_one_too_many(given: dict[str, Any]) -> None:
    with pytest.raises(WrongParameters):
        STATEMENT.arguments(given)


@pytest.fixture(scope="module")
def modules() -> list[Any]:
    """Return every module of the application, with all its statements."""
    names = [module.name for module in pkgutil.walk_packages(app.__path__, "app.") if "__main__" not in module.name]
    return [importlib.import_module(name) for name in names]


def every_statement() -> list[Prepared]:
    machines = [found for found in gc.get_objects() if isinstance(found, Machine)]
    moves = [machine._build(step, ()) for machine in machines for step in machine.moves]
    return moves + [found for found in gc.get_objects() if isinstance(found, Prepared) and found is not STATEMENT]


async def test_every_statement_is_one_to_postgresql_with_parameters_of_the_declared_types(
    db: Database, modules: list[Any]
) -> None:
    statements = every_statement()
    assert len(statements) > 150
    async with db.begin() as tx:
        for statement in statements:
            assert statement.optional <= statement.parameters.keys(), statement.sql
            untyped = [name for name, kind in statement.parameters.items() if isinstance(kind, NullType)]
            assert not untyped, f"{untyped} of {statement.sql}"
            assert len((await tx.driver.prepare(statement.sql)).get_parameters()) <= len(
                statement.arguments(dict.fromkeys(statement.parameters))
            )


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield the calls that run statements, each with the expression that names the statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("row", "rows"):
            yield from [(node, node.args[0])] if node.args else []


def test_every_caller_that_names_a_statement_names_its_parameters(modules: list[Any]) -> None:
    checked = 0
    for module in modules:
        for call, named in calls(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            try:
                statement = eval(ast.unparse(named), vars(sys.modules[module.__name__]))
            except NameError:
                continue  # passed in from elsewhere
            if not isinstance(statement, Prepared):
                continue
            given = {keyword.arg for keyword in call.keywords}
            spread = None in given
            assert given - {None} <= statement.parameters.keys(), (module.__name__, call.lineno)
            missing = statement.parameters.keys() - given - statement.optional
            assert spread or not missing, (module.__name__, call.lineno, missing)
            checked += 1
    assert checked > 120

"""A status changes only through its machine: `python -m tests.status_columns` lists every other write.

Inserts and constructors are allowed, because an initial status is no change.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import app

ROOT = Path(app.__path__[0])
COLUMNS = {"status", "standing", "state"}
"""The columns that belong to a machine."""
MACHINE = ROOT / "events" / "transition.py"
ANSWERS = {ROOT / "desk" / "actions.py": "request.status"}
"""Fields of responses with the same name as a column."""
_SQL = re.compile(
    rf"\bSET\s(?:(?!\b(?:WHERE|FROM|RETURNING)\b).)*?(?<![=<>.:\w])(?:{'|'.join(COLUMNS)})\s*=",
    re.IGNORECASE | re.DOTALL,
)


def writes(path: Path, source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each write of a status column that bypasses the machines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (part for one in targets for part in ast.walk(one)):
                if isinstance(target, ast.Attribute) and target.attr in COLUMNS:
                    words = ast.unparse(target)
                    if isinstance(target.ctx, ast.Store) and ANSWERS.get(path) != words and words != "self.status":
                        yield node.lineno, words
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "values":
            dicts = [*node.args, *(each.value for each in node.keywords if each.arg is None)]
            keys = [key for one in dicts if isinstance(one, ast.Dict) for key in one.keys]
            given = {each.arg for each in node.keywords} | {_name(key) for key in keys}
            if given & COLUMNS and "insert(" not in ast.unparse(node.func):
                yield node.lineno, ast.unparse(node)[:80]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
            yield node.lineno, " ".join(node.value.split())[:80]


def _name(key: ast.expr | None) -> object:
    return key.attr if isinstance(key, ast.Attribute) else getattr(key, "value", None)


def all_writes() -> list[str]:
    """Return every such write in the application, by file and line."""
    return [
        f"{path.relative_to(ROOT.parent)}:{line}: {words}"
        for path in sorted(ROOT.rglob("*.py"))
        if path != MACHINE
        for line, words in writes(path, path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    sys.exit("\n".join(f"{one}: a status changes through its machine only" for one in all_writes()) or 0)

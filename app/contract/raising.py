"""Finds the errors that a function can raise by reading its source: its own, and those of everything it calls.

1. Each function is read once into a `Block`: the error classes and functions it names and, for each `try` or
   `contextlib.suppress`, a nested block with the classes caught there.
2. A name is resolved as Python would: in the function's globals, or in the class of the expression before the dot. That
   class comes from annotations. If there are none, every method of ours with that name counts.
3. A block raises its own errors and those of its functions, minus those caught. This is repeated until nothing is
   added.

An error class counts as raised wherever it is named, except in an annotation, `except` or `isinstance`. A function
counts as called wherever it is named. An operation may therefore list errors that it never raises. The whole test
suite shows that none is missing: every problem that a test receives must be declared (tests/world.py).
"""

# ruff: noqa: N815 (visit_AsyncFor and the like are named by ast.NodeVisitor)

import ast
import builtins
import functools
import inspect
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType, UnionType
from typing import Any

from app.kit.errors import HotlineError

Error = type[HotlineError]
OURS = {__name__.partition(".")[0]}
"""The packages whose functions are read."""
_OF_BUILTINS = {name for kind in (str, bytes, list, dict, set, tuple) for name in dir(kind)}
"""Names of methods of built-in classes. Calls of these count only on a receiver annotated with a class of ours."""
_GIVE_THEIR_FIRST = {"AsyncIterator", "Iterator", "Iterable", "Sequence", "list", "tuple", "set", "frozenset"}


@dataclass
class Block:
    """The names in a stretch of code, and the nested stretches whose errors are caught."""

    errors: set[Error] = field(default_factory=set)
    functions: set[FunctionType] = field(default_factory=set)
    guarded: list[tuple["Block", tuple[type, ...]]] = field(default_factory=list)

    def raised(self, known: dict[FunctionType, frozenset[Error]]) -> frozenset[Error]:
        """Return the block's errors, as far as those of its functions are known."""
        passed = (
            frozenset(error for error in block.raised(known) if not issubclass(error, caught))
            for block, caught in self.guarded
        )
        return frozenset(self.errors).union(*(known.get(one, frozenset()) for one in self.functions), *passed)

    def named(self) -> Iterator[FunctionType]:
        """Yield the functions that the block names, including those inside a `try`."""
        yield from self.functions
        for block, _ in self.guarded:
            yield from block.named()


class Raising:
    """Finds errors for these functions, callable objects and classes (for a class, the errors of constructing it)."""

    def __init__(self, calls: Iterable[object]) -> None:
        self._blocks: dict[FunctionType, Block] = {}
        self._raised: dict[FunctionType, frozenset[Error]] = {}
        fresh = [function for call in calls for function in functions_of(call)]
        while fresh:
            function = fresh.pop()
            if function not in self._blocks:
                self._blocks[function] = _Reader(function).read()
                fresh += self._blocks[function].named()
        changed = True
        while changed:
            changed = False
            for function, block in self._blocks.items():
                raised = block.raised(self._raised)
                if raised != self._raised.get(function):
                    self._raised[function], changed = raised, True

    def errors(self, calls: Iterable[object]) -> frozenset[Error]:
        """Return all errors that these can raise. They must be among those given to the constructor."""
        functions = (function for call in calls for function in functions_of(call))
        return frozenset[Error]().union(*(self._raised[function] for function in functions))


def functions_of(thing: Any) -> Iterator[FunctionType]:
    """Yield our functions that run when this is called; for a class, those that run when an object is made."""
    if isinstance(thing, type):
        if _is_ours(thing):
            for method in (vars(thing).get("__init__"), vars(thing).get("__post_init__"), *_validators(thing)):
                yield from functions_of(method)
        return
    for wrapper, inner in ((functools.partial, "func"), (functools.cached_property, "func"), (property, "fget")):
        if isinstance(thing, wrapper):
            thing = getattr(thing, inner)
    thing = getattr(thing, "__func__", thing)
    thing = inspect.unwrap(thing, stop=_is_written_by_us) if callable(thing) else None
    if isinstance(thing, FunctionType):
        if _is_ours(thing):
            yield thing
    elif _is_ours(type(thing)):
        yield from functions_of(inspect.getattr_static(type(thing), "__call__", None))


def _validators(model: type) -> Iterator[object]:
    if decorators := getattr(model, "__pydantic_decorators__", None):
        for kind in (decorators.validators, decorators.field_validators, decorators.model_validators):
            yield from (decorator.func for decorator in kind.values())


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).partition(".")[0] in OURS


def _is_written_by_us(wrapper: Any) -> bool:
    """Return whether one of our decorators made the wrapper. Its closure then holds the wrapped function."""
    return getattr(wrapper, "__globals__", {}).get("__name__", "").partition(".")[0] in OURS


_Definition = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def _definitions(file: str) -> dict[int, _Definition]:
    """Return the functions of a file by their first line."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    return {
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
        for node in ast.walk(tree)
        if isinstance(node, _Definition)
    }


def _definition_of(function: FunctionType) -> _Definition | None:
    """Return the function's definition, or None for a lambda or a method that Python generated."""
    code = function.__code__
    return _definitions(code.co_filename).get(code.co_firstlineno) if code.co_filename.endswith(".py") else None


@functools.cache
def _hints(thing: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (NameError, TypeError):  # a name that only type checkers see
        return {}


@functools.cache
def _our_classes() -> tuple[type, ...]:
    found, stack = dict[type, None](), [object]
    while stack:
        below = [kind for kind in type.__subclasses__(stack.pop()) if kind not in found]
        found |= dict.fromkeys(below)
        stack += below
    return tuple(kind for kind in found if _is_ours(kind))


@functools.cache
def _methods_named(name: str) -> tuple[FunctionType, ...]:
    return tuple(function for kind in _our_classes() for function in functions_of(vars(kind).get(name)))


@functools.cache
def _with_subclasses(kind: type) -> tuple[type, ...]:
    return tuple(one for one in _our_classes() if kind in one.__mro__)


def _class(hint: Any) -> Any:
    """Return the annotation without Annotated and None. Of a union, return our own class if it has one."""
    while True:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            hint = arguments[0]
        elif origin in (typing.Union, UnionType):
            some = [one for one in arguments if one is not type(None)]
            hint = next(filter(_is_ours, some), some[0])
        else:
            return hint


def _given(hint: Any) -> Any:
    """Return the class of the items of an iterable, or of what a context manager yields."""
    arguments = typing.get_args(hint)
    name = getattr(typing.get_origin(hint), "__name__", "")
    return _class(arguments[0]) if arguments and name in _GIVE_THEIR_FIRST else None


class _Reader(ast.NodeVisitor):
    """Reads one function. `types` are the classes of its local names, as far as annotations tell."""

    def __init__(self, function: FunctionType) -> None:
        self.block = Block()
        self._definition = _definition_of(function)
        self._globals = {**vars(builtins), **function.__globals__, **inspect.getclosurevars(function).nonlocals}
        self._owner = _owner_of(function)
        self.types = {name: _class(hint) for name, hint in _hints(function).items() if name != "return"}
        if self._owner is not None and function.__code__.co_argcount:
            self.types.setdefault(function.__code__.co_varnames[0], self._owner)

    def read(self) -> Block:
        """Return the names in the function."""
        if self._definition:
            self._visit_all(self._definition.body)
        return self.block

    def type_set_in_body(self, attribute: str) -> Any:
        """Return the class that the function, an `__init__`, gives this attribute, or None."""
        for node in ast.walk(self._definition or ast.Pass()):
            if isinstance(node, ast.AnnAssign) and _is_attribute(node.target, attribute):
                return self._annotated(node.annotation)
            if isinstance(node, ast.Assign):
                for target, value in _pairs(node):
                    if _is_attribute(target, attribute):
                        return self._type_of(value)
        return None

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    # Names.

    def _resolved(self, node: ast.AST | None) -> Any:
        """Return the named object if it existed before the function ran, or None."""
        if isinstance(node, ast.Name):
            return None if node.id in self.types else self._globals.get(node.id)
        if isinstance(node, ast.Attribute):
            below = self._resolved(node.value)
            if isinstance(below, (ModuleType, type)):
                return inspect.getattr_static(below, node.attr, None)
        return None

    def _type_of(self, node: ast.AST) -> Any:
        if isinstance(node, ast.Await):
            return self._type_of(node.value)
        if isinstance(node, ast.Name) and node.id in self.types:
            return self.types[node.id]
        if isinstance(node, ast.Call):
            return self._type_of_call(node)
        thing = self._resolved(node)
        if thing is None and isinstance(node, ast.Attribute) and isinstance(kind := self._receiver(node), type):
            member = inspect.getattr_static(kind, node.attr, None)
            if isinstance(member, (property, functools.cached_property)):
                return _returned(member)
            return _attribute_type(kind, node.attr)
        return type(thing) if _is_ours(type(thing)) else None

    def _type_of_call(self, node: ast.Call) -> Any:
        called = self._resolved(node.func)
        if called is typing.cast:
            return self._annotated(node.args[0])
        if called is None and isinstance(node.func, ast.Attribute):
            kind = self._receiver(node.func)
            called = inspect.getattr_static(kind, node.func.attr, None) if isinstance(kind, type) else None
        return called if isinstance(called, type) else _returned(called)

    def _receiver(self, node: ast.Attribute) -> Any:
        """Return the class of what is before the dot."""
        if isinstance(node.value, ast.Call) and ast.unparse(node.value) == "super()" and self._owner:
            return self._owner.__base__
        kind = self._type_of(node.value)
        return typing.get_origin(kind) or kind

    def _annotated(self, annotation: ast.AST | None) -> Any:
        if annotation is None:
            return None
        try:
            return _class(eval(ast.unparse(annotation), dict(self._globals)))
        except (NameError, TypeError, SyntaxError):
            return None

    def _name(self, thing: Any) -> None:
        if isinstance(thing, type) and issubclass(thing, HotlineError):
            self.block.errors |= {thing} - {HotlineError}
        elif thing is not None:
            self.block.functions |= set(functions_of(thing))

    def visit_Name(self, node: ast.Name) -> None:
        self._name(self._resolved(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if (thing := self._resolved(node)) is not None:
            self._name(thing)
            return
        self.visit(node.value)
        kind = self._receiver(node)
        if isinstance(kind, type) and not getattr(kind, "_is_protocol", False):
            for one in _with_subclasses(kind):
                member = inspect.getattr_static(one, node.attr, None)
                if not isinstance(member, type):
                    self._name(member)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in ("isinstance", "issubclass"):
            self.visit(node.args[0])
            return
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr not in _OF_BUILTINS:
            kind = self._receiver(node.func)
            known = isinstance(kind, type) and not getattr(kind, "_is_protocol", False)
            if not known and self._resolved(node.func) is None and self._resolved(node.func.value) is None:
                self.block.functions |= set(_methods_named(node.func.attr))

    def visit_Raise(self, node: ast.Raise) -> None:
        self.generic_visit(node)
        self._name(self._type_of(node.exc) if node.exc else None)

    # Classes of local names.

    def _bind(self, target: ast.AST, kind: Any) -> None:
        if isinstance(target, ast.Name):
            self.types[target.id] = kind
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = typing.get_args(kind) if typing.get_origin(kind) is tuple else ()
            if isinstance(kind, type) and hasattr(kind, "_fields"):
                parts = tuple(_hints(kind).values())
            for place, one in enumerate(target.elts):
                self._bind(one, _class(parts[place]) if place < len(parts) else None)
        else:
            self.visit(target)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target, value in _pairs(node):
            self._bind(target, self._type_of(value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self._type_of(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)
        self._bind(node.target, self._annotated(node.annotation))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._bind(node.target, _given(self._type_of(node.iter)))
        self._visit_all([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        for generator in node.generators:
            self.visit(generator.iter)
            self._bind(generator.target, _given(self._type_of(generator.iter)))
            self._visit_all(generator.ifs)
        self._visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for argument in node.args.args:
            self.types.setdefault(argument.arg, None)
        self.visit(node.body)

    def visit_FunctionDef(self, node: _Definition) -> None:
        """Read a nested function as if it ran when this one does."""
        self.types[node.name] = None
        for argument in [*node.args.args, *node.args.kwonlyargs]:
            self.types[argument.arg] = self._annotated(argument.annotation)
        self._visit_all(node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    # Caught errors.

    def _visit_guarded(self, nodes: Iterable[ast.AST], caught: Iterable[type]) -> None:
        outer, self.block = self.block, Block()
        self._visit_all(nodes)
        outer.guarded.append((self.block, tuple(caught)))
        self.block = outer

    def _classes(self, node: ast.AST | None) -> tuple[type, ...]:
        if node is None:
            return (BaseException,)
        named = map(self._resolved, node.elts if isinstance(node, ast.Tuple) else [node])
        return tuple(kind for one in named for kind in (one if isinstance(one, tuple) else (one,)) if kind)

    def visit_Try(self, node: ast.Try) -> None:
        kept = [handler for handler in node.handlers if not _raises_again(handler)]
        self._visit_guarded(node.body, [kind for handler in kept for kind in self._classes(handler.type)])
        for handler in node.handlers:
            if handler.name:
                self.types[handler.name] = next(iter(self._classes(handler.type)), None)
            self._visit_all(handler.body)
        self._visit_all([*node.orelse, *node.finalbody])

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        caught: list[type] = []
        for item in node.items:
            entered = item.context_expr
            if isinstance(entered, ast.Call) and ast.unparse(entered.func) == "contextlib.suppress":
                caught += (kind for argument in entered.args for kind in self._classes(argument))
                continue
            self.visit(entered)
            if item.optional_vars:
                self._bind(item.optional_vars, _given(self._type_of(entered)))
        self._visit_guarded(node.body, caught)

    visit_AsyncWith = visit_With


def _raises_again(handler: ast.ExceptHandler) -> bool:
    raises = [node.exc for node in ast.walk(handler) if isinstance(node, ast.Raise)]
    return any(exc is None or (isinstance(exc, ast.Name) and exc.id == handler.name) for exc in raises)


def _is_attribute(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.AST, ast.AST]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _owner_of(function: FunctionType) -> type | None:
    """Return the class whose method this is, or None."""
    thing: Any = inspect.getmodule(function)
    for part in function.__qualname__.split(".")[:-1]:
        thing = getattr(thing, part, None)
    return thing if isinstance(thing, type) else None


def _returned(called: Any) -> Any:
    function = next(functions_of(called), None)
    return _class(_hints(function).get("return")) if function else None


@functools.cache
def _attribute_type(kind: type, name: str) -> Any:
    """Return the class of an attribute, from its annotation or from `__init__`."""
    if name in (hints := _hints(kind)):
        return _class(hints[name])
    makers = (vars(one).get("__init__") for one in kind.__mro__ if _is_ours(one))
    return next((_Reader(one).type_set_in_body(name) for one in makers if isinstance(one, FunctionType)), None)

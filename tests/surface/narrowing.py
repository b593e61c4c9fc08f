"""What a new OpenAPI document takes away from users of the old one.

A narrowing is: an operation, parameter, field, enum value or response that is gone; a field or parameter that has
become required; a value that is no longer accepted; a response field that may now be absent or have another type.
Additions are not.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]
METHODS = ("delete", "get", "patch", "post", "put")
LOWER_IS_STRICTER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
HIGHER_IS_STRICTER = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def narrowings(old: Json, new: Json) -> list[str]:
    """Return one line for each narrowing, beginning with the operation; nothing if nothing was taken away."""
    comparison = Comparison(old, new)
    return [line for path, methods in sorted(old["paths"].items()) for line in comparison.path(path, methods)]


class Comparison:
    """Two documents, with their references resolved."""

    def __init__(self, old: Json, new: Json) -> None:
        self._old, self._new = old, new
        self._open: set[tuple[str, str, bool]] = set()

    def path(self, path: str, methods: Json) -> Iterator[str]:
        """Compare the operations of a path."""
        for method in METHODS:
            if method in methods:
                name, now = f"{method.upper()} {path}", self._new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{name} is gone"
                else:
                    yield from (f"{name}: {line}" for line in self._operation(methods[method], now))

    def _operation(self, old: Json, new: Json) -> Iterator[str]:
        before, now = _parameters(old), _parameters(new)
        for key, parameter in before.items():
            if key not in now:
                yield f"the parameter {key} is gone"
            else:
                yield from self._schema(parameter["schema"], now[key]["schema"], f"the parameter {key}", taken=True)
        for key, parameter in now.items():
            if parameter.get("required") and not before.get(key, {}).get("required"):
                yield f"the parameter {key} is required now"
        yield from self._body(old.get("requestBody", {}), new.get("requestBody", {}))
        for status, answer in old.get("responses", {}).items():
            if status not in new.get("responses", {}):
                yield f"the answer {status} is gone"
            else:
                given = new["responses"][status].get("content", {})
                yield from self._contents(answer.get("content", {}), given, f"answer {status}", taken=False)

    def _body(self, old: Json, new: Json) -> Iterator[str]:
        if new.get("required") and not old.get("required"):
            yield "a body is required now"
        if old and not new:
            yield "the body is gone"
        else:
            yield from self._contents(old.get("content", {}), new.get("content", {}), "body", taken=True)

    def _contents(self, old: Json, new: Json, where: str, *, taken: bool) -> Iterator[str]:
        for kind, content in old.items():
            if kind not in new:
                yield f"{where}: {kind} is gone"
            else:
                yield from self._schema(content.get("schema", {}), new[kind].get("schema", {}), where, taken=taken)

    def _schema(self, old: Json, new: Json, where: str, *, taken: bool) -> Iterator[str]:
        """Compare two schemas. `taken` means that callers send it; otherwise they receive it."""
        before, now = _variants(old, self._old), _variants(new, self._new)
        for kind in before.keys() - now.keys():
            if (taken and not (kind == "integer" and "number" in now)) or (not taken and kind != "null"):
                yield f"{where}: no {kind} any more"
        for kind in now.keys() - before.keys():
            if not taken:
                yield f"{where}: may be {kind} now"
        for kind in sorted(before.keys() & now.keys()):
            yield from self._variant(before[kind], now[kind], where, taken=taken)

    def _variant(self, old: Json, new: Json, where: str, *, taken: bool) -> Iterator[str]:
        for value in _values(old) - _values(new) if _values(new) else ():
            yield f"{where}: the value {value} is gone"
        if taken:
            yield from _tightened(old, new, where)
        if "items" in old:
            yield from self._schema(old["items"], new.get("items", {}), f"{where}[]", taken=taken)
        yield from self._fields(old, new, where, taken=taken)

    def _fields(self, old: Json, new: Json, where: str, *, taken: bool) -> Iterator[str]:
        place = (str(old.get("title")), str(new.get("title")), taken)
        if place in self._open and old.get("title"):
            return
        self._open.add(place)
        before, now = old.get("properties", {}), new.get("properties", {})
        required, required_now = set(old.get("required", ())), set(new.get("required", ()))
        for name, field in before.items():
            if name not in now:
                yield f"{where}.{name} is gone"
            else:
                yield from self._schema(field, now[name], f"{where}.{name}", taken=taken)
        for name in sorted(required_now - required if taken else (required & now.keys()) - required_now):
            yield f"{where}.{name} {'is required' if taken else 'may be absent'} now"
        closed = new.get("additionalProperties") is False and old.get("additionalProperties", True) is True
        if taken and closed and before:
            yield f"{where}: other fields are refused now"
        self._open.discard(place)


def _parameters(operation: Json) -> dict[str, Json]:
    return {f"{one['name']} ({one['in']})": one for one in operation.get("parameters", ())}


def _variants(schema: Json, document: Json) -> dict[str, Json]:
    """Return the alternatives by type and format."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    alternatives: Sequence[Json] = schema.get("anyOf") or schema.get("oneOf") or ()
    if alternatives:
        return {kind: one for part in alternatives for kind, one in _variants(part, document).items()}
    kind = schema.get("type", "anything")
    return {f"{kind} ({schema['format']})" if "format" in schema else str(kind): schema}


def _values(schema: Json) -> set[str]:
    return {str(value) for value in schema.get("enum", [schema["const"]] if "const" in schema else ())}


def _tightened(old: Json, new: Json, where: str) -> Iterator[str]:
    for name in LOWER_IS_STRICTER:
        if name in new and new[name] < old.get(name, float("inf")):
            yield f"{where}: {name} is {new[name]} now"
    for name in HIGHER_IS_STRICTER:
        if name in new and new[name] > old.get(name, float("-inf")):
            yield f"{where}: {name} is {new[name]} now"
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"{where}: must match {new['pattern']} now"
    if _values(new) and not _values(old):
        yield f"{where}: takes only {', '.join(sorted(_values(new)))} now"

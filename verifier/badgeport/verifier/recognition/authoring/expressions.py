"""What a rule asks, from the tree: ``all``, ``any`` and tests of the kinds there are, with their parameters checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from badgeport.schemas.pointer import join
from badgeport.verifier.recognition.authoring.form import Form, meant
from badgeport.verifier.recognition.authoring.reading import Node, Value, find, quoted
from badgeport.verifier.recognition.model import AllOf, AnyOf, Expression, Test

if TYPE_CHECKING:
    from badgeport.verifier.recognition.conditions.kinds.base import KindOfTest

MAXIMUM_DEPTH: Final = 8
"""Of ``all`` and ``any`` within each other."""
MAXIMUM_TESTS: Final = 200
"""Of one rule."""

ALL: Final = "all"
ANY: Final = "any"
PARTS: Final[Mapping[str, str]] = {
    "who": "about the educator (under 'who')",
    "credential": "about which credentials count (under 'credential')",
    "conditions": "a condition (under 'conditions')",
}
"""The parts of a rule in which expressions stand, and what a test there is."""


class Expressions:
    """Reads the expressions of one rule; the tests get ids that are unique in it: ``effort``, ``effort-2``."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._used: Counter[str] = Counter()

    def read(self, node: Node | None, part: str) -> Expression:
        """The expression of a part (`PARTS`) of the rule. What is left out asks for nothing."""
        return AllOf() if node is None else self._expression(node, part, 0)

    def _expression(self, node: Node, part: str, depth: int) -> Expression:
        if depth > MAXIMUM_DEPTH:
            self._form.say(node, "too-deep", f"'all' and 'any' are nested deeper than {MAXIMUM_DEPTH} levels.")
            return AllOf()
        if isinstance(node.value, tuple):
            if not node.value and depth:
                self._form.say(node, "malformed", "A list without a test in it asks for nothing.")
            return AllOf(self._parts(node.value, part, depth))
        if not isinstance(node.value, dict) or not node.value:
            self._form.say(node, "malformed", f"This is no test: write it as 'kind: …', {PARTS[part]}.")
            return AllOf()
        if len(node.value) > 1:
            names = " and ".join(quoted(name) for name in list(node.value)[:2])
            message = f"{names} stand in one entry: write each as an entry of its own, starting with '- '."
            self._form.say(node, "several-tests", message)
            return AllOf()
        (name, inner), *_ = node.value.items()
        if name not in (ALL, ANY):
            return self._test(name, inner, part)
        if not isinstance(inner.value, tuple) or not inner.value:
            self._form.say(inner, "malformed", f"'{name}' is followed by a list of at least one test.")
            return AllOf()
        parts = self._parts(inner.value, part, depth)
        return AllOf(parts) if name == ALL else AnyOf(parts)

    def _parts(self, nodes: tuple[Node, ...], part: str, depth: int) -> tuple[Expression, ...]:
        return tuple(self._expression(node, part, depth + 1) for node in nodes)

    def _test(self, name: str, node: Node, part: str) -> Expression:
        from badgeport.verifier.recognition.conditions.kinds import KINDS

        kind = KINDS.get(name)
        if kind is None:
            here = [known for known, each in KINDS.items() if part in each.parts]
            hint = meant(name, KINDS) or f"; {PARTS[part].partition(' (')[0]} there is {', '.join(here)}"
            self._form.say(node, "unknown-test", f"There is no test {quoted(name)}{hint}.")
            return AllOf()
        if part not in kind.parts:
            where = " or ".join(f"'{each}'" for each in PARTS if each in kind.parts)
            self._form.say(
                node, "misplaced-test", f"'{name}' cannot be asked under '{part}'; it belongs under {where}."
            )
            return AllOf()
        self._used[name] += 1
        if self._used.total() == MAXIMUM_TESTS + 1:
            self._form.say(node, "count", f"The rule has more than {MAXIMUM_TESTS} tests.")
        short, whole = self._parameters(kind, node)
        if whole is None or not self._fits(kind, node, short):
            return AllOf()
        number = self._used[name]
        return Test(name if number == 1 else f"{name}-{number}", name, whole, node.pointer)

    def _parameters(self, kind: KindOfTest, node: Node) -> tuple[bool, dict[str, Any] | None]:
        """Whether the short form was written, and the parameters; None where they are no parameters."""
        if isinstance(node.value, dict):
            return False, {name: exact_value(member) for name, member in node.value.items()}
        if node.value is None or isinstance(node.value, tuple) or kind.short is None:
            example = next(iter(kind.schema.get("properties", {})), "name")
            self._form.say(node, "malformed", f"'{kind.name}' is written with parameters, as {{{example}: …}}.")
            return False, None
        return True, {kind.short: exact_value(node)}

    def _fits(self, kind: KindOfTest, node: Node, short: bool) -> bool:
        """Whether the parameters fit the kind's schema; what does not is told."""
        written = json_value(node)
        fits = True
        for error in _validator(kind.name).iter_errors({kind.short: written} if short else written):
            fits = False
            path = [] if short else [str(step) for step in error.instance_path]
            at = find(node, join(*path))
            for message in _sentences(kind, error, at.value):
                self._form.say(at, "parameter", message)
        return fits


def exact_value(node: Node) -> Any:
    """The JSON value of a node, with numbers that are exact: whole ones as int, others as Decimal."""
    value = node.value
    if isinstance(value, dict):
        return {name: exact_value(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [exact_value(item) for item in value]
    return _whole(value) if isinstance(value, Decimal) else value


def json_value(node: Node) -> Any:
    """The JSON value of a node; numbers that are not whole as float: `reading` allows no more digits than fit."""
    value = node.value
    if isinstance(value, dict):
        return {name: json_value(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [json_value(item) for item in value]
    if isinstance(value, Decimal):
        number = _whole(value)
        return number if isinstance(number, int) else float(number)
    return value


def _whole(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value


@lru_cache(maxsize=256)
def _validator(kind: str) -> Any:
    import jsonschema_rs

    from badgeport.verifier.recognition.conditions.kinds import KINDS

    return jsonschema_rs.Draft202012Validator(dict(KINDS[kind].schema), validate_formats=True)


# -- what a schema asks for, in words -------------------------------------------------------------------------------


def _sentences(kind: KindOfTest, error: Any, given: Value) -> Iterator[str]:
    """What is wrong with the parameters of a kind, by an error of its schema; ``given`` is the value at fault."""
    path = [step for step in error.instance_path if isinstance(step, str)]
    subject = f"'{path[-1]}' of '{kind.name}'" if path else f"'{kind.name}'"
    asked = _at(kind.schema, list(error.schema_path)[:-1])
    keyword = error.kind.name
    if keyword == "additionalProperties":
        known = asked.get("properties", {})
        for name in error.kind.unexpected:
            yield f"{subject} has no parameter {quoted(name)}{meant(name, known) or f'; it has {_listed(known)}'}."
    elif keyword == "required":
        yield f"{subject} has no '{error.kind.property}'."
    elif keyword == "oneOf" and not path:
        yield f"{subject} asks for exactly one of these: {_choices(asked['oneOf'])}."
    elif keyword == "uniqueItems":
        yield f"{subject} has the same entry twice."
    else:
        form = _form(asked)
        quotes = ": put it in quotes" if isinstance(given, bool | Decimal) and form.startswith("a text") else ""
        yield f"{subject} must be {form}{quotes}."


def _at(schema: Any, path: list[Any]) -> dict[str, Any]:
    for step in path:
        schema = schema[int(step) if isinstance(schema, list | tuple) else step]
    return dict(schema)


def _listed(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"


def _choices(options: list[dict[str, Any]]) -> str:
    return ", ".join(
        " or ".join(f"'{name}'" for each in (option, *option.get("anyOf", ())) for name in each.get("required", ()))
        for option in options
    )


def _form(schema: Mapping[str, Any]) -> str:
    """What a value of a schema looks like: "a text or a list of texts"."""
    options = [option for option in schema.get("anyOf", ()) if isinstance(option, Mapping)]
    if options:
        numeric = any(option.get("type") in ("number", "integer") for option in options)
        told = [_form(each) for each in options if not (numeric and "pattern" in each)]
        return " or ".join(dict.fromkeys(told))
    if "const" in schema:
        return {True: "only 'true'", False: "only 'false'"}.get(schema["const"], f"only '{schema['const']}'")
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = schema.get("type")
    if kind == "array":
        return "a list of texts" if _form(schema.get("items", {})) == "a text" else "a list with something in it"
    if kind in ("integer", "number"):
        return ("a whole number" if kind == "integer" else "a number") + _bounds(schema)
    if schema.get("format") == "date":
        return "a day that exists, written as 2026-07-01"
    return {
        "string": "a text",
        "boolean": "true or false",
        "object": "written with parameters",
    }.get(str(kind), "of another form")


def _bounds(schema: Mapping[str, Any]) -> str:
    least, above, most = (schema.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    if above is not None:
        return f" above {above}"
    return "" if most is None else f" of at most {most}"

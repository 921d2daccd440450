"""Python call expressions as data: parsed with `ast`, never evaluated, and written back.

`keras.optimizers.SGD(learning_rate=0.1)` becomes a `Call`; numbers may be small arithmetic of literals (`5e-4 / 2`);
whatever else stands in an argument (`model.parameters()`, a lambda) is kept as its source text, unexamined.
"""

import ast
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _pasted

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
LONGEST = 100_000
WIDTH = 80
"""Columns of a screen."""


@dataclass(frozen=True)
class Source:
    """An expression that nobody needs to understand, as it stands."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call: the dotted name, what stands in its parentheses, and the names that it is assigned to."""

    name: str
    positional: tuple[Any, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    targets: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """The name without its modules."""
        return self.name.rpartition(".")[2]

    def walk(self) -> "Iterator[Call]":
        """This call and those inside its arguments."""
        yield self
        for value in (*self.positional, *self.arguments.values()):
            if isinstance(value, Call):
                yield from value.walk()


def parse(text: str) -> tuple[Call, ...]:
    """The calls that a text of Python consists of: expressions and assignments, one a line.

    Raises:
        BadInput: it is not Python, or holds a statement that is neither.
    """
    if len(text) > LONGEST:
        raise BadInput(f"the recipe has {len(text):,} characters: at most {LONGEST:,} are read.")
    try:
        module = _pasted.module(text)
        found = [_statement(statement) for statement in module.body]
    except SyntaxError as error:
        raise BadInput(f"the recipe {_short(text)} is not a Python expression: {error.msg}.") from None
    except BadInput:
        raise
    except (ValueError, RecursionError, MemoryError):
        raise BadInput(f"the recipe {_short(text)} is not a Python expression.") from None
    return tuple(call for call in found if call is not None)


def calls(text: str) -> tuple[Call, ...]:
    """As `parse`, but nothing for a text that cannot be parsed."""
    try:
        return parse(text)
    except BadInput:
        return ()


def _statement(node: ast.stmt) -> Call | None:
    value: ast.expr | None
    if isinstance(node, (ast.Expr, ast.Return)):
        value, targets = node.value, tuple[str, ...]()
    elif isinstance(node, ast.Assign):
        value, targets = node.value, tuple(ast.unparse(target) for target in node.targets)
    elif isinstance(node, ast.AnnAssign):
        value, targets = node.value, (ast.unparse(node.target),)
    else:
        raise BadInput(f"the recipe holds {_short(ast.unparse(node))}: only calls and assignments are read.")
    if not isinstance(value, ast.Call):
        raise BadInput(
            f"the recipe holds {_short(ast.unparse(node))}: it must be a call such as torch.optim.SGD(lr=0.1)."
        )
    call = _call(value)
    return Call(call.name, call.positional, call.arguments, targets)


def _call(node: ast.Call) -> Call:
    arguments: dict[str, Any] = {}
    for keyword in node.keywords:
        given = _unpacked(keyword.value) if keyword.arg is None else {keyword.arg: _value(keyword.value)}
        for name in set(given) & set(arguments):
            raise BadInput(f"{name} is given twice in {_short(ast.unparse(node))}.")
        arguments |= given
    return Call(ast.unparse(node.func), tuple(_value(argument) for argument in node.args), arguments)


def _unpacked(node: ast.expr) -> dict[str, Any]:
    value = _value(node)
    if isinstance(value, dict):
        return value
    raise BadInput(f"the recipe unpacks {_short(ast.unparse(node))}: write the arguments out.")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, (ast.Tuple, ast.List)):
        return [_value(element) for element in node.elts]
    if isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys):
        return {key.value: _value(value) for key, value in zip(node.keys, node.values, strict=True)}  # type: ignore[union-attr]
    number = _number(node)
    return Source(ast.unparse(node)) if number is None else number


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        inner = _number(node.operand)
        return None if inner is None else -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.BinOp):
        left, right = _number(node.left), _number(node.right)
        if left is None or right is None:
            return None
        if isinstance(node.op, ast.Pow) and abs(right) <= 100 and abs(left) <= 1e3:
            return float(float(left) ** right)
        if type(node.op) in _ARITHMETIC:
            try:
                return _ARITHMETIC[type(node.op)](left, right)
            except (ZeroDivisionError, OverflowError):
                raise BadInput(f"{ast.unparse(node)} is not a number.") from None
    return None


def owns(call: Call, prefixes: Collection[str], known: Collection[str]) -> bool:
    """Whether the call comes from one of these modules; a bare name has to be one of those known."""
    module = call.name.rpartition(".")[0]
    return module in prefixes and (bool(module) or call.last in known)


def outermost(found: Iterable[Call]) -> list[Call]:
    """The calls that are no part of another of them."""
    found = list(found)
    parts = [replace(inner, targets=()) for call in found for inner in call.walk() if inner is not call]
    return [call for call in found if replace(call, targets=()) not in parts]


def by_name(call: Call, order: Sequence[str]) -> dict[str, Any]:
    """The arguments by their names, those by position among them.

    Raises:
        BadInput: there are more by position than names, or one is given both ways.
    """
    if len(call.positional) > len(order):
        known = f"at most {', '.join(order)}" if order else "none"
        raise BadInput(
            f"{call.name} has {len(call.positional)} arguments by position: {known} can stand without a name."
        )
    positional = dict(zip(order, call.positional, strict=False))
    for name in set(positional) & set(call.arguments):
        raise BadInput(f"{name} is given twice in {_short(show(call))}.")
    return positional | dict(call.arguments)


def number(name: str, value: Any) -> float:
    """The argument as a number.

    Raises:
        BadInput: it is not one.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    shown = repr(value.text) if isinstance(value, Source) else show(value)
    raise BadInput(f"{name} is {shown}: it must be a number, written out.")


def show(value: Any) -> str:
    """A value as Python source; numbers as short as fifteen digits allow."""
    if isinstance(value, Call):
        return write(value.name, *value.positional, **value.arguments)
    if isinstance(value, Source):
        return value.text
    if isinstance(value, float):
        return digits(value)
    if isinstance(value, (tuple, list)):
        inner = ", ".join(map(show, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{show(key)}: {show(entry)}" for key, entry in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def digits(value: float) -> str:
    """A number as short as fifteen significant digits allow, so that 0.1·3 is 0.3."""
    return repr(float(f"{value:.15g}"))


def write(name: str, *positional: Any, **arguments: Any) -> str:
    """The source of a call."""
    inside = [show(value) for value in positional] + [f"{key}={show(value)}" for key, value in arguments.items()]
    return f"{name}({', '.join(inside)})"


def assign(target: str, name: str, *positional: Any, **arguments: Any) -> str:
    """The source of `target = name(...)`, broken at its arguments where it would be wider than a screen."""
    head = f"{target} = "
    return head + _laid_out(Call(name, positional, arguments), len(head), 0)


def _laid_out(value: Any, column: int, indent: int) -> str:
    """The source of a value that begins in this column; its parts stand below, or one a line, where it does not fit."""
    flat = show(value)
    if isinstance(value, Call):
        opening, parts, closing = f"{value.name}(", [("", part) for part in value.positional], ")"
        parts += [(f"{key}=", part) for key, part in value.arguments.items()]
    elif isinstance(value, dict):
        opening, parts, closing = "{", [(f"{show(key)}: ", part) for key, part in value.items()], "}"
    else:
        opening, parts, closing = "[", [("", part) for part in value] if isinstance(value, list) else [], "]"
    if column + len(flat) < WIDTH or not parts:
        return flat
    inner = " " * (indent + 4)
    together = inner + ", ".join(name + show(part) for name, part in parts)
    if len(together) < WIDTH:
        return "\n".join([opening, together, " " * indent + closing])
    lines = [f"{inner}{name}{_laid_out(part, len(inner + name) + 1, indent + 4)}," for name, part in parts]
    return "\n".join([opening, *lines, " " * indent + closing])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else text[:57] + "...")

"""Wrong twins of a module, made from its own source: it is broken on purpose, in one place at a time.

A condition is turned round or made constant, a part of it left out, a number moved by a tenth, a sum made a
difference, a severity changed, a finding dropped.
"""

import ast
import copy
import inspect

OPPOSITE = {ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
            ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
            ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}  # fmt: skip
TEN_PER_CENT = 1.1


def wrong_sources(module):
    """(what was broken, what the broken module defines), for each place of its source that can be broken."""
    tree = ast.parse(inspect.getsource(module))
    for place, node in enumerate(ast.walk(tree)):
        for number, _ in enumerate(_breaks(node)):
            twin = copy.deepcopy(tree)
            same = list(ast.walk(twin))[place]
            before = ast.unparse(same)
            list(_breaks(same))[number]()
            defined = {"__name__": module.__name__}
            exec(compile(ast.fix_missing_locations(twin), module.__file__, "exec"), defined)  # noqa: S102
            yield f"{before} -> {ast.unparse(same)}", defined


def _breaks(node):
    """Functions that each break this node in one way, in place."""
    if isinstance(node, ast.Compare):
        for i, operator in enumerate(node.ops):
            if type(operator) in OPPOSITE:
                yield lambda i=i, operator=operator: node.ops.__setitem__(i, OPPOSITE[type(operator)]())
    elif isinstance(node, ast.BinOp) and type(node.op) in OPPOSITE:
        yield lambda: setattr(node, "op", OPPOSITE[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        if any(isinstance(value, ast.Constant | ast.Tuple | ast.Lambda) for value in node.values):
            return  # a default for the type checker's sake
        yield lambda: setattr(node, "op", ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        for i in range(len(node.values)):
            yield lambda i=i: node.values.__setitem__(i, ast.Constant(isinstance(node.op, ast.And)))
    elif isinstance(node, ast.If | ast.IfExp):
        for constant in (True, False):
            yield lambda constant=constant: setattr(node, "test", ast.Constant(constant))
    elif isinstance(node, ast.comprehension):
        for i in range(len(node.ifs)):
            yield lambda i=i: node.ifs.pop(i)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value:
        for factor in (TEN_PER_CENT, 1 / TEN_PER_CENT):
            yield lambda factor=factor: setattr(node, "value", _moved(node.value, factor))
    elif isinstance(node, ast.Attribute) and node.attr in ("ERROR", "WARNING", "NOTE"):
        other = "NOTE" if node.attr != "NOTE" else "WARNING"
        yield lambda: setattr(node, "attr", other)
    elif isinstance(node, ast.Name) and node.id in ("min", "max", "any"):
        other = {"min": "max", "max": "min", "any": "all"}[node.id]
        yield lambda: setattr(node, "id", other)


def _moved(value, factor):
    if isinstance(value, float):
        return value * factor
    return value + (1 if factor > 1 else -1)

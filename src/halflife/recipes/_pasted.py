"""What comes with a paste, put in its place: prompts and fences go, imports give names their modules.

`lr = 0.1` above a call gives its value to `lr=lr` in it.
"""

import ast
import re

_PROMPT = re.compile(r"^(```\w*|>>> ?|\.\.\. ?)", re.MULTILINE)
LARGEST = 300
"""Parts of a value that may stand in the place of a name: names within names could grow without end."""


class _Known(ast.NodeTransformer):
    """Names replaced by what they were imported as or, standing by themselves, by the value they were given."""

    def __init__(self) -> None:
        self.imported: dict[str, ast.expr] = {}
        self.values: dict[str, ast.expr] = {}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Store):
            return node
        return self.values.get(node.id) or self.imported.get(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name):
            node.value = self.imported.get(node.value.id, node.value)
            return node
        return self.generic_visit(node)  # type: ignore[return-value]


def module(text: str) -> ast.Module:
    """The statements of a paste, without its imports and its plain values, which stand where their names were.

    Raises:
        SyntaxError: it is not Python.
    """
    known, kept = _Known(), list[ast.stmt]()
    for node in ast.parse(_PROMPT.sub("", text).strip()).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            known.imported |= _imported(node)
            continue
        node = known.visit(node)
        plain = True
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if sum(1 for _ in ast.walk(node.value)) <= LARGEST:
                known.values[node.targets[0].id] = node.value
            plain = isinstance(node.value, ast.Call)
        if plain:
            kept.append(node)
    return ast.Module(kept, [])


def _imported(node: ast.Import | ast.ImportFrom) -> dict[str, ast.expr]:
    """What each name means that an import brings."""
    if isinstance(node, ast.Import):
        return {name.asname: _dotted(name.name) for name in node.names if name.asname}
    return {name.asname or name.name: _dotted(f"{node.module}.{name.name}") for name in node.names if node.module}


def _dotted(name: str) -> ast.expr:
    return ast.parse(name.rpartition(".*")[0] or name, mode="eval").body

"""The rows of an atlas by package, and what they come to in a sentence."""

from collections import Counter
from collections.abc import Sequence

NO_LAW = "-"
"""In place of the law of an optimizer that could not be probed."""


def packages(rows: Sequence[Sequence[str]]) -> dict[str, list[Sequence[str]]]:
    """The rows of each module, in their order; the first cell is a dotted name such as torch.optim:Adam."""
    found: dict[str, list[Sequence[str]]] = {}
    for row in rows:
        found.setdefault(row[0].partition(":")[0], []).append(row)
    return found


def lead(rows: Sequence[Sequence[str]]) -> str:
    """How many have which law; the second cell is the law."""
    laws = Counter(row[1] for row in rows)
    lost = laws.pop(NO_LAW, 0)
    said = ", ".join(f"{law} {count}" for law, count in laws.most_common())
    unknown = f"; {lost} could not be probed, and their notes say why" if lost else ""
    return f"{optimizers(len(rows))} by their law: {said or 'none'}{unknown}."


def optimizers(count: int) -> str:
    """1 optimizer, 2 optimizers."""
    return f"{count} optimizer{'' if count == 1 else 's'}"

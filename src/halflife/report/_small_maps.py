"""Heat maps in letters: a row a learning rate, the largest above; strength grows to the right; full blocks are good."""

from collections.abc import Iterator

from rich.text import Text

from halflife.lab import Study
from halflife.report._maps import DOOR, SYMBOL, Map, Scale, maps, scale
from halflife.rules import Law

WIDTH = 80
_SHADES = "█▇▆▅▄▃▂▁"
_STAR, _DIVERGED = "*", "x"


def small(study: Study, *, every: bool) -> Iterator[Text]:
    """L2 above, decay below, the rules side by side as many as fit: those alone, or every rule."""
    of = maps(study)
    if not any(each.best for each in of):
        return
    colours = scale(of)
    rules = list(dict.fromkeys(each.rule for each in of))
    blocks = {rule: _block([each for each in of if each.rule == rule], colours) for rule in rules}
    width = max(len(line) for block in blocks.values() for line in block)
    abreast = max(1, (WIDTH + 2) // (width + 2))
    yield Text(
        f"Validation error: {_SHADES[0]} {colours.low:.3g} to {_SHADES[-1]} {colours.high:.3g}, {_STAR} best, "
        f"{_DIVERGED} diverged; lr up, strength right"
    )
    for first in range(0, len(rules) if every else 1, abreast):
        columns = [blocks[rule] for rule in rules[first : first + abreast]]
        for place in range(max(map(len, columns))):
            cells = [column[place] if place < len(column) else "" for column in columns]
            yield Text("  ".join(cell.ljust(width) for cell in cells).rstrip(), no_wrap=True)
        yield Text()


def _block(of: list[Map], colours: Scale) -> list[str]:
    lines = [of[0].rule]
    for each in of:
        lines.append(f"{DOOR[each.law]}, {_window(each)}")
        labels = {lr: _label(lr) for lr in each.lrs}
        wide = 2 if max(len(each.at(lr)) for lr in each.lrs) <= _FEW else 1
        for lr in reversed(each.lrs):
            row = "".join(_letter(each, cell_lr, s, error, colours) * wide for cell_lr, s, error in _row(each, lr))
            lines.append(f"{labels[lr]:>6} {row}")
    return lines


_FEW = 9


def _label(lr: float) -> str:
    return f"{lr:.2g}" if len(f"{lr:.2g}") <= 6 else f"{lr:.1e}".replace("e-0", "e-")


def _row(of: Map, lr: float) -> Iterator[tuple[float, float, float | None]]:
    for cell in of.at(lr):
        yield cell.lr, cell.strength, cell.valid.mean if cell.valid else None


def _letter(of: Map, lr: float, strength: float, error: float | None, colours: Scale) -> str:
    if error is None:
        return _DIVERGED
    if of.best and (of.best.lr, of.best.strength) == (lr, strength):
        return _STAR
    return _SHADES[min(len(_SHADES) - 1, int(colours.place(error) * len(_SHADES)))]


def _window(of: Map) -> str:
    """From the weakest to the strongest; decay is tried at α in proportion to lr, so its window is that of α/lr."""
    first = of.at(of.lrs[0])
    over = 1.0 if of.law is Law.L2 else first[0].lr
    symbol = SYMBOL[of.law] if of.law is Law.L2 else "α/lr"
    return f"{symbol} {first[0].strength / over:.0e}–{first[-1].strength / over:.0e}".replace("e-0", "e-").replace(
        "e+0", "e"
    )

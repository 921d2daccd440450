"""The tables that pages include: what the code knows, and what was measured once and is kept in `measured.json`."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from halflife.recipes import Grade
from halflife.rules import RULES, Law, half_life, remaining, timescale

MEASURED = json.loads((Path(__file__).parent / "measured.json").read_text(encoding="utf-8"))
"""Numbers of runs that are too long for the building of the site; `benchmarks/cluster.py` and `examples/heat_maps.py`
print them."""


def laws() -> str:
    """Every law: its update, what multiplies its strength, its source."""
    rows = [(f"`{law}`", law.formula, law.value.times_lr, law.value.times_schedule, law.source) for law in Law]
    return table(("law", "update", "times lr", "times schedule", "source"), rows)


def rules() -> str:
    """Every rule: what it makes of a gradient, its numbers, its source."""
    return table(
        ("rule", "direction", "hyperparameters", "source"),
        [
            (
                f"`{rule.name}`",
                rule.formula,
                ", ".join(f"{name} = {number.default:g}" for name, number in rule.hyperparameters.items()),
                rule.reference,
            )
            for rule in RULES.values()
        ],
    )


def grades() -> str:
    """Every grade of a translation, best first."""
    return table(("grade", "it means"), [(f"`{grade}`", grade.value) for grade in Grade])


def spans(decay: float = 1e-4) -> str:
    """One decay in three words, with their numbers."""
    steps = round(timescale(decay))
    return table(
        ("name", "formula", f"at α = {decay:g}"),
        [
            ("timescale", "1/α steps", f"{timescale(decay):,.0f} steps"),
            ("half-life", "ln 2 / −ln(1−α) steps", f"{half_life(decay):,.0f} steps"),
            (
                "share left after T steps",
                "(1−α)ᵀ, under a schedule Π(1−αₜ)",
                f"{remaining([decay] * steps):.3f} after {steps:,} steps",
            ),
        ],
    )


CHANGES = {
    "lr × k": {"lr": 1},
    "batch × k": {"steps": -1},
    "batch × k and lr × k": {"steps": -1, "lr": 1},
    "rows × k": {"steps": 1},
    "epochs × k": {},
    "width × k and lr / k (muP)": {"lr": -1},
}
"""What is changed, as powers of k: lr, and the steps of an epoch."""


def transfer() -> str:
    """What keeps the timescale in epochs when something else changes, for each power of lr that a law has."""
    powers: dict[int, list[str]] = {}
    for law in Law:
        if law.value.lr_power is not None:
            powers.setdefault(law.value.lr_power + law.value.peak_power, []).append(str(law))
    powers[1].append("L2 under plain SGD")
    rows = [
        (change, *(_times(-moved.get("steps", 0) - power * moved.get("lr", 0)) for power in sorted(powers)))
        for change, moved in CHANGES.items()
    ]
    return table(("you change", *(", ".join(powers[power]) for power in sorted(powers))), rows)


def _times(power: int) -> str:
    if not power:
        return "nothing"
    return f"strength {'×' if power > 0 else '/'} k{'²' if abs(power) == 2 else '³' if abs(power) == 3 else ''}"


def served() -> str:
    """How many chunks a driver wrote of those that its workers made."""
    rows = [
        (f"{workers:,}", f"{made:.1f}", f"{kept:.1f}", f"{min(kept / made, 1):.2f}", f"{busy:.2f}")
        for workers, made, kept, busy in MEASURED["cluster"]["served"]
    ]
    return table(("workers", "chunks/s made", "chunks/s written", "served", "driver's share of its core"), rows)


def reach() -> str:
    """How many cores one driver serves, by how many rows there are: time is in proportion to them."""
    found = MEASURED["cluster"]
    rates = [found["per_second"] * found["rows"] / rows for rows in found["reach"]]
    seconds = [found["members"] / rate for rate in rates]
    cores = [found["written_per_second"] * each for each in seconds]
    rows = [
        (
            f"{each:.2f} s" if each < 1 else f"{_two_digits(each)} s",
            f"{rows:,} rows, 50 epochs",
            f"{_two_digits(core):,}",
        )
        for each, rows, core in zip(seconds, found["reach"], cores, strict=True)
    ]
    together, hours = cores[-1] * rates[-1], 1e6 / rates[-1] / 3600
    return table(("a chunk takes", "for example", "cores that one driver serves"), rows) + (
        f"\nAt that last size a core does {rates[-1]:.2g} trainings per second, all of them {_two_digits(together):,}, "
        f"and a million trainings take {1e6 / together / 60:.0f} minutes or {_two_digits(hours):,} core-hours: "
        "multiply by what a core-hour costs you.\n"
    )


def _two_digits(number: float) -> int:
    return int(float(f"{number:.1e}"))


def mnist1d() -> str:
    """How the best strengths moved with lr on MNIST-1D under Adam."""
    found = MEASURED["mnist1d"]
    slopes = ((name, *slope) for name, slope in found["slopes"].items())
    moves = (f"the best {name} moves as lr to the power of {at} ({low} to {high})" for name, at, low, high in slopes)
    return f"What it drew for Adam ({found['how']}): {', '.join(moves)}.\n"


TABLES = {
    "laws": laws,
    "rules": rules,
    "grades": grades,
    "spans": spans,
    "transfer": transfer,
    "served": served,
    "reach": reach,
    "mnist1d": mnist1d,
}
"""The tables that pages include."""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what a cell holds is text, but for what stands in backticks."""
    lines = [header, ["---"] * len(header), *([cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Text as it stands in a cell of a Markdown table."""
    pieces = re.split(r"((?:\{[\w:]+\})?`[^`]*`|\[`[^\]]*\]\([^)]*\))", " ".join(text.split()))
    return "".join(p if p.startswith(("`", "[`", "{")) else re.sub(r"([*_<$\[])", r"\\\1", p) for p in pieces).replace(
        "|", "\\|"
    )

"""How often is the probe right? Every row of the answer sheet is probed, and the verdict is held against the truth.

    python benchmarks/probe_accuracy.py [library ...] [--verbose]

prints, for each library, how many laws were named right, left UNKNOWN (or refused with a reason), and named wrong, in
how many seconds of processor time, then each row that was not right. A library that is not installed is skipped with
the reason.
"""

import importlib
import importlib.metadata
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import halflife
from answer_sheet import SHEET
from answer_sheet_unseen import UNSEEN
from halflife import BadInput, Law
from halflife.probe._target import parsed

STRENGTH = 0.1


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the sheet for one optimizer."""

    target: str
    arguments: tuple[str, ...]
    law: str
    order: str
    defects: tuple[str, ...]


def rows(library: str, text: str) -> list[Row]:
    found, names = [], []
    for line in text.strip().splitlines():
        left, arrow, right = line.partition("->")
        words = left.split()
        arguments = tuple(word for word in words if "=" in word)
        listed = [word for word in words if "=" not in word and word != "*"]
        names = listed or names
        if not arrow:
            continue
        law, *rest = right.split()
        order = next((word.upper() for word in rest if not word.startswith("!")), "")
        defects = tuple(word[1:] for word in rest if word.startswith("!"))
        found += [
            Row(target=dotted(library, name), arguments=arguments, law=law, order=order, defects=defects)
            for name in names
        ]
    return found


def dotted(library: str, name: str) -> str:
    """A name with a colon lies in a module of the library."""
    return f"{library}.{name}" if ":" in name else f"{library}:{name}"


def absent(library: str) -> str:
    """Why a library cannot be measured; empty when it can."""
    try:
        importlib.import_module(library)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def judged(row: Row) -> tuple[str, str]:
    """`right`, `unknown` or `wrong`, and what was said."""
    arguments = parsed(row.arguments)
    if "weight_decay" not in arguments and row.law not in ("NONE", "UNKNOWN"):
        arguments["weight_decay"] = STRENGTH
    try:
        report = halflife.probe(row.target, **arguments)
    except BadInput as error:
        return "unknown", f"refused: {error}"
    defects = tuple(defect.name for defect in report.defects)
    order = report.order.name if report.order else ""
    said = " ".join([report.law.name, order.lower(), *(f"!{name}" for name in defects)]).strip()
    if report.law.name == row.law and (not row.order or order in ("", row.order)) and defects == row.defects:
        return "right", said
    return ("unknown" if report.law is Law.UNKNOWN and not defects else "wrong"), said


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    totals: dict[str, dict[str, int]] = {}
    misses = []
    print(f"{'library':34}{'rows':>6}{'right':>7}{'unknown':>9}{'wrong':>7}{'CPU s':>9}")
    for part, sheet in (("seen", SHEET), ("unseen", UNSEEN)):
        totals[part] = dict.fromkeys(("right", "unknown", "wrong"), 0)
        for library, text in sheet.items():
            if words and library not in words:
                continue
            reason = absent(library)
            if reason:
                print(f"{library:34} skipped: {reason}")
                continue
            count, began = dict.fromkeys(totals[part], 0), time.process_time()
            for row in rows(library, text):
                verdict, said = judged(row)
                count[verdict] += 1
                totals[part][verdict] += 1
                if verdict != "right" or "--verbose" in sys.argv:
                    misses.append((verdict, row, said))
            spent = time.process_time() - began
            print(f"{library + ' ' + version(library):34}{line(count)}{spent:>9.1f}", flush=True)
    for part, count in totals.items():
        if sum(count.values()):
            print(f"{part + ', together':34}{line(count)}")
    for verdict, row, said in sorted(misses, key=lambda miss: miss[0], reverse=True):
        truth = " ".join([row.law, row.order.lower(), *(f"!{name}" for name in row.defects)]).strip()
        print(f"  {verdict:8}{row.target} {' '.join(row.arguments)}: {truth}; said: {said}")


def line(count: dict[str, int]) -> str:
    return f"{sum(count.values()):>6}{count['right']:>7}{count['unknown']:>9}{count['wrong']:>7}"


def version(library: str) -> str:
    packages = importlib.metadata.packages_distributions().get(library.partition(".")[0], [])
    return importlib.metadata.version(packages[0]) if packages else ""


if __name__ == "__main__":
    main()

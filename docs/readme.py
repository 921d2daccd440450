"""The README's output blocks and its picture, from real runs.

python docs/readme.py                              run the commands of all blocks but pytest's, and draw the picture
python docs/readme.py --put FILE COMMAND           put in what the command printed into a file
python docs/readme.py --check FILE COMMAND         compare a block with what the command printed into a file
python docs/readme.py --check-picture FILE         compare the picture with one that was drawn just now

A block begins with `<!-- output: COMMAND -->`, or `<!-- output: COMMAND, first N lines -->`, and ends with
`<!-- end -->`. Two machines may differ in the digits of what is measured, so a comparison leaves numbers out and
allows the order of a few words to change. Of pytest the summary is shown, scrubbed: how many tests passed, to the
hundred, and how long it took, to the minute.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
PICTURE = Path(__file__).parent / "twins.svg"
BLOCK = re.compile(
    r"<!-- output: (?P<command>[^,>]+?)(?:, first (?P<lines>\d+) lines)? -->\n(?P<body>.*?)<!-- end -->", re.DOTALL
)
ALIKE = 0.9
TESTS = "pytest"
SUMMARY = re.compile(r"^=* ?(?P<passed>\d+) passed(?P<others>(?:, \d+ \w+)*) in (?P<seconds>[\d.]+)s", re.MULTILINE)
SCRUBBED = re.compile(r"^more than (?P<passed>\d+) passed(?:, (?P<skipped>\d+) skipped)? in \d+ min$", re.MULTILINE)
SHRUNK, GROWN = 0.9, 2
"""How many times as many tests there may be as the README says: some are not even collected where there is no browser
or no library of theirs, and it says "more than"."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block: whose output it shows, which lines of it, and what stands there."""

    command: str
    lines: int | None
    body: str

    def shown(self, printed: str) -> str:
        """What the block shows of what was printed."""
        if self.command == TESTS:
            return scrubbed(printed)
        lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
        return "\n".join(lines[: self.lines]).strip("\n")

    def drifted(self, printed: str) -> bool:
        """Whether it differs from what was printed by more than numbers; or far fewer tests ran, or twice as many."""
        if self.command == TESTS:
            here, there = SCRUBBED.search(self.body), SCRUBBED.search(self.shown(printed))
            return not here or not there or not SHRUNK <= _tests(there) / _tests(here) <= GROWN
        texts = (words(text) for text in (self.body, fenced(self.shown(printed))))
        return SequenceMatcher(None, *texts, autojunk=False).ratio() < ALIKE


def _tests(summary: re.Match[str]) -> int:
    """Those that passed or were skipped, with a reason: a browser's are skipped where there is none."""
    return int(summary["passed"]) + int(summary["skipped"] or 0)


def blocks(text: str) -> list[Block]:
    """All blocks of a text."""
    return [
        Block(command=found["command"], lines=int(found["lines"] or 0) or None, body=found["body"])
        for found in BLOCK.finditer(text)
    ]


def scrubbed(printed: str) -> str:
    """The summary of a run of pytest in which all tests passed; of another, what it says."""
    found = SUMMARY.search(printed)
    if not found or re.search(r"failed|error", found["others"]):
        return (printed.strip().splitlines() or ["nothing"])[-1].strip("= ")
    skipped = re.sub(r", \d+ (?!skipped)\w+", "", found["others"])
    return f"more than {int(found['passed']) // 100 * 100} passed{skipped} in {float(found['seconds']) / 60:.0f} min"


def words(text: str) -> list[str]:
    """The words of a text, without numbers and without how it is broken into lines."""
    return re.sub(r"[-+±]?\d[\d.,e+-]*", "#", text).split()


def labels(picture: Path) -> list[str]:
    """The words in a picture, which has its text as text."""
    return sorted(re.findall(r">([^<>]+)</(?:text|tspan)>", picture.read_text(encoding="utf-8")))


def fenced(shown: str) -> str:
    """As a block of code."""
    return f"```text\n{shown}\n```\n"


def renewed(text: str, command: str, printed: str) -> str:
    """A text whose block of a command shows what it printed."""

    def put(found: re.Match[str]) -> str:
        (block,) = blocks(found[0])
        return found[0].replace(f"-->\n{block.body}", f"-->\n{fenced(block.shown(printed))}")

    return BLOCK.sub(lambda found: put(found) if found["command"] == command else found[0], text)


def run(command: str, folder: str) -> str:
    """What a command prints, 80 columns wide."""
    words = [sys.executable, "-m", *command.split()]
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603


def draw(folder: str) -> None:
    """The twins of the study that was just run in a folder."""
    (study,) = Path(folder).glob("halflife-*.db")
    run(f"halflife plot {study.name} --only twins", folder)
    shutil.copy(Path(folder) / "twins.svg", PICTURE)


def make(text: str) -> str:
    """A text with every block but pytest's anew; the picture as well."""
    with tempfile.TemporaryDirectory() as folder:
        for command in {block.command for block in blocks(text)} - {TESTS}:
            text = renewed(text, command, run(command, folder))
        draw(folder)
    return text


def check(text: str, printed: str, command: str) -> None:
    """End with a sentence if a block has drifted from what its command printed."""
    (block,) = (block for block in blocks(text) if block.command == command)
    if block.drifted(printed):
        sys.exit(
            f"the README does not show what `{command}` prints, which is:\n{block.shown(printed)}\n"
            f"Run python docs/readme.py --put FILE {command!r} with a file of what it printed."
        )


def main() -> None:
    """Replace every block and the picture, or one block, or check one."""
    text = README.read_text(encoding="utf-8")
    match sys.argv[1:]:
        case []:
            README.write_text(make(text), encoding="utf-8")
        case ["--put", path, command]:
            README.write_text(renewed(text, command, Path(path).read_text(encoding="utf-8")), encoding="utf-8")
        case ["--check", path, command]:
            check(text, Path(path).read_text(encoding="utf-8"), command)
        case ["--check-picture", path]:
            if labels(Path(path)) != labels(PICTURE):
                sys.exit("the README's picture is not what `halflife plot` draws: run python docs/readme.py")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

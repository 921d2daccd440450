"""The README's output blocks and its picture, from real runs.

python docs/readme.py                       run the commands anew, and put in what they print
python docs/readme.py --check FILE COMMAND  compare a block with what the command printed into a file

A block begins with `<!-- output: COMMAND -->`, or `<!-- output: COMMAND, first N lines -->`, and ends with
`<!-- end -->`. Two machines may differ in the digits of what is measured, so a comparison leaves numbers out and
allows the order of a few words to change.
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


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block: whose output it shows, which lines of it, and what stands there."""

    command: str
    lines: int | None
    body: str

    def shown(self, printed: str) -> str:
        """What the block shows of what was printed."""
        lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
        return "\n".join(lines[: self.lines]).strip("\n")

    def drifted(self, printed: str) -> bool:
        """Whether the text differs from what was printed by more than numbers."""
        here, there = (words(text) for text in (self.body, fenced(self.shown(printed))))
        return SequenceMatcher(None, here, there, autojunk=False).ratio() < ALIKE


def blocks(text: str) -> list[Block]:
    """All blocks of a text."""
    return [
        Block(command=found["command"], lines=int(found["lines"] or 0) or None, body=found["body"])
        for found in BLOCK.finditer(text)
    ]


def words(text: str) -> list[str]:
    """The words of a text, without numbers and without how it is broken into lines."""
    return re.sub(r"[-+±]?\d[\d.,e+-]*", "#", text).split()


def fenced(shown: str) -> str:
    """As a block of code."""
    return f"```text\n{shown}\n```\n"


def renewed(found: re.Match[str], folder: str) -> str:
    """A block with what its command prints now."""
    (block,) = blocks(found[0])
    return found[0].replace(f"-->\n{block.body}", f"-->\n{fenced(block.shown(run(block.command, folder)))}")


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


def main() -> None:
    """Replace every block and the picture, or check one."""
    text = README.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        path, command = sys.argv[2:]
        (block,) = (block for block in blocks(text) if block.command == command)
        if block.drifted(Path(path).read_text(encoding="utf-8")):
            sys.exit(f"the README does not show what `{command}` prints: run python docs/readme.py")
        return
    with tempfile.TemporaryDirectory() as folder:
        text = BLOCK.sub(lambda found: renewed(found, folder), text)
        draw(folder)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Put the real output of the README's command into the README: run it after anything that changes that output.

    python docs/update_readme.py

The command runs in an empty folder, 80 columns wide; what stands between the markers is replaced.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def output(*arguments: str) -> str:
    """What `halflife` prints with these arguments."""
    command = [sys.executable, "-m", "halflife", *arguments]
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return "\n".join(line.rstrip() for line in result.stdout.splitlines())


def main() -> None:
    """Replace every block."""
    text = README.read_text(encoding="utf-8")
    for verb in re.findall(r"<!-- (\w+): begin -->", text):
        block = f"<!-- {verb}: begin -->\n```text\n{output(verb)}\n```\n<!-- {verb}: end -->"
        text = re.sub(rf"<!-- {verb}: begin -->.*?<!-- {verb}: end -->", lambda _, b=block: b, text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

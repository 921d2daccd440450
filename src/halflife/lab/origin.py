"""Where results come from and go to: the versions that made them, and the file that a question is answered in."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any


def versions() -> dict[str, str]:
    """The software that trains, and the machine it runs on."""
    packages = {name: version(name) for name in ("halflife", "jax", "jaxlib", "numpy", "scikit-learn")}
    return packages | {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}


def file_for(name: str, question: Mapping[str, Any], *, kind: str = "") -> Path:
    """The file in this folder that a question about a data set has unless told otherwise: the same for the same."""
    stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in Path(name).stem) or "data"
    digest = hashlib.sha256(json.dumps(question).encode()).hexdigest()[:8]
    return Path("-".join(filter(None, ("halflife", kind, stem, digest))) + ".db")

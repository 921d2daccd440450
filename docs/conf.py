"""The site: pages written by hand, pages made from the code (`_pages.py`), and output that is made while building."""

import os
import re
import shutil
import sys
from pathlib import Path

import halflife

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import _pages  # noqa: E402 - its folder has to be on the path first

_pages.write(HERE / "_made")

# what the commands on the pages run in: 80 columns, no colour, torch under Keras, and a folder with the examples
SCRATCH = HERE / "_scratch"
shutil.rmtree(SCRATCH, ignore_errors=True)
SCRATCH.mkdir()
shutil.copytree(HERE.parent / "examples", SCRATCH / "examples", ignore=shutil.ignore_patterns("__pycache__"))
os.environ |= {"COLUMNS": "80", "NO_COLOR": "1", "KERAS_BACKEND": "torch", "TERM": "dumb", "PYTHONWARNINGS": "ignore"}
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

project = "halflife"
author = "the halflife developers"
version = release = halflife.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinxcontrib.programoutput",
]
made_to_be_included = ["_made/contents_*.md", "_made/verbs", *(f"_made/{name}.md" for name in _pages.TABLES)]
exclude_patterns = ["_build", "_scratch", "jupyter_execute", "**/.ipynb_checkpoints", *made_to_be_included]
html_theme = "furo"
smartquotes = False
html_title = "halflife"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["halflife.css"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

default_role = "code"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
copybutton_prompt_text = "$ "
programoutput_prompt_template = "$ {command}\n{output}"


def setup(app):
    """Give every check a target, so that a page can link to it by its code: `[HL003](#hl003)`."""
    app.connect("source-read", _targets_of_checks)


def _targets_of_checks(_app, page, source):
    if page == "checks":
        source[0] = re.sub(r"^## (HL\d{3})", lambda found: f"({found[1].lower()})=\n{found[0]}", source[0], flags=re.M)

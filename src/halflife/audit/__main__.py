"""`python -m halflife.audit > docs/checks.md` writes the page of checks."""

import sys

from halflife.audit._checks import CHECKS
from halflife.audit._page import page

sys.stdout.write(page(CHECKS))

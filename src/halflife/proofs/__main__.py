"""`python -m halflife.proofs > docs/theorems.md` writes the page of theorems."""

import sys

from halflife.proofs import Proofs, prove
from halflife.proofs._page import page

result = prove()
assert isinstance(result, Proofs)  # noqa: S101 - without a name it is
if not result.check():
    sys.exit("a theorem does not hold; the page is not written")
sys.stdout.write(page(result))

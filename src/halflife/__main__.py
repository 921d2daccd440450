"""`python -m halflife` is the same as `halflife`."""

from halflife.cli import main

main()

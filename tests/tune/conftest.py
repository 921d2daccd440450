"""Compiled programs are kept between runs of the tests, as between searches."""

from halflife.lab.compiler import keep_compiled_programs

keep_compiled_programs()

"""Docstrings of classes that share arguments and attributes, each of which is written once."""

import re
from inspect import cleandoc
from typing import TypeVar

_SECTION = re.compile(r"^(Args|Attributes):\n", flags=re.MULTILINE)
_Class = TypeVar("_Class", bound=type)


def described(cls: _Class) -> _Class:
    """The class, its docstring continued by the arguments and attributes that those of its bases tell of."""
    entries = {"Args": "", "Attributes": ""}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith(__package__):
            intro, *sections = _SECTION.split(cleandoc(base.__doc__ or "") + "\n")
            for name, text in zip(sections[::2], sections[1::2], strict=True):
                entries[name] += text.rstrip() + "\n"
    told = [f"{name}:\n{text}" for name, text in entries.items()]
    cls.__doc__ = "\n".join([intro.rstrip() + "\n", *told])
    return cls

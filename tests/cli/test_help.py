"""Every verb's help has an example, and the verbs in it exist."""

import re

import pytest
import typer

from halflife.cli import app

VERBS = typer.main.get_command(app).commands


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_has_an_example_of_known_options(verb):
    """An example calls the verb itself, with options that it has."""
    command = VERBS[verb]
    words = f"{command.help or ''} {command.epilog or ''}"
    examples = re.findall(rf"halflife {verb}\b[^\n]*", words)
    assert examples, words
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for example in examples:
        own = re.sub(r'"[^"]*"', "", example).split(" -- ")[0]
        assert set(re.findall(r"(?<= )--?[a-z][\w-]*", own)) <= options, example

"""The helpers of the checks answer what their rows say, and no break of them leaves all rows as they are.

Those that look at graphs and models are broken under the checks that use them: the rows of the checks must notice.
"""

import importlib
import re

import numpy as np
import pytest

import audit_built
from audit_cases import CASES, agrees
from audit_helper_cases import HELPERS, REFUSED, SCRIPTS, as_lists, in_script
from halflife import BadInput
from halflife.audit._checks import CHECKS
from wrong_twins import wrong_sources

ROWS = [(module, *row) for module, rows in HELPERS.items() for row in rows]
UNDER_CHECKS = {
    "_invariance": ("HL008", "hl008_scale_invariant"),
    "_graph": ("HL005", "_penalty"),
    "_penalty": ("HL005", None),
}
"""The check whose rows must notice, and the module through which it sees the helper."""
NUMBER = re.compile(r"[\d.e-]+ -> ")
"""A bound between claims that are decades apart, or where a message is cut: moved by a tenth it still does that."""
EQUIVALENT = {
    "_moments": ("100000 ->", "moment is not None and"),
    "_plan": ("1 ->", "1.0 ->", " for k, v in group.items()"),
    "_graph": ("if not sample", "node is None or node in seen", "gradient is not None and", "if FUSED", "FUSED in"),
    "_invariance": ("if not candidates", "[*_unfelt", "float((weight * gradient).sum()) / across",
                    "value * SCALE", "look + 1", "(call.output() - still)", "still.norm()"),
    "_penalty": ("if any((hasattr", "if isinstance(usable", "if not found and", "usable and", "not found and", "any ->",
                 "p.tensor is not None and"),
}  # fmt: skip
"""What begins so changes time alone, or needs what no row has: a compiled loss, a sharded weight, endless halves."""


def of(module):
    return importlib.import_module(f"halflife.audit.{module}")


def answered(function, arguments):
    try:
        answer = function(**arguments) if isinstance(arguments, dict) else function(*arguments)
    except BadInput:
        return REFUSED
    return as_lists(answer) if function.__name__ == "planned_lrs" else answer


def same(answer, expected):
    """Numbers to six digits, lists of them, and otherwise the very thing."""
    if isinstance(expected, list | tuple):
        return len(answer) == len(expected) and all(map(same, answer, expected))
    return bool(np.isclose(answer, expected, rtol=1e-6)) if isinstance(expected, float) else answer is expected


@pytest.mark.parametrize(
    ("module", "name", "arguments", "expected"), ROWS, ids=[f"{r[0]}-{i}" for i, r in enumerate(ROWS)]
)
def test_a_helper_answers_what_its_row_says(module, name, arguments, expected):
    """Each row is a claim about one function."""
    assert same(answered(getattr(of(module), name), arguments), expected)


def told(kind):
    """Whether the backward passes of each script are told right."""
    for settings, expected in SCRIPTS:
        answer = in_script(kind, **settings)
        if isinstance(expected, str) != isinstance(answer, str) or not (
            answer.startswith(expected) if isinstance(answer, str) else answer == pytest.approx(expected, rel=1e-3)
        ):
            return False
    return True


def test_the_passes_of_a_script_are_told_right():
    """Micro-batches, a scaled loss, passes whose gradients are thrown away, a norm, copies."""
    assert told(of("_penalty").Backwards)


def right(defined, rows):
    try:
        return all(same(answered(defined[name], arguments), expected) for name, arguments, expected in rows)
    except Exception:  # a wrong twin that breaks down is noticed
        return False


def unnoticed(module, is_right):
    twins = ((broken, defined) for broken, defined in wrong_sources(of(module)) if not is_free(module, broken))
    return [broken for broken, defined in twins if is_right(defined)]


def is_free(module, broken):
    return broken.startswith(EQUIVALENT[module]) or (module in UNDER_CHECKS and NUMBER.match(broken))


@pytest.mark.parametrize("module", ["_moments", "_plan"])
def test_every_wrong_twin_of_a_helper_is_noticed(module):
    """No break of a helper leaves all answers as they are."""
    assert unnoticed(module, lambda defined: right(defined, HELPERS[module])) == []


@pytest.mark.parametrize("module", UNDER_CHECKS)
def test_every_wrong_twin_of_a_helper_is_noticed_by_its_check(module, monkeypatch):
    """No break of a helper leaves all that its check says as it is."""
    code, user = UNDER_CHECKS[module]
    (check,) = (each for each in CHECKS if each.code == code)
    rows = [(make, expected) for its, make, expected in CASES if its == code]

    sees = audit_built if user is None else of(user)

    def is_right(defined):
        for name in vars(sees).keys() & defined.keys():
            if getattr(vars(sees)[name], "__module__", "") == f"halflife.audit.{module}":
                monkeypatch.setattr(sees, name, defined[name])
        try:
            also = module != "_penalty" or (told(defined["Backwards"]) and right(defined, HELPERS[module]))
            return also and all(agrees(check, make(), expected) for make, expected in rows)
        except Exception:  # a wrong twin that breaks down is noticed
            return False

    assert unnoticed(module, is_right) == []

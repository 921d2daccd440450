"""lion-pytorch: decay before the step, times lr, or times lr over the initial lr with `decoupled_weight_decay`."""

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe
from halflife.rules import Law

_DEFAULTS = {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0, "decoupled_weight_decay": False}
_REMARKS = {
    Law.DECOUPLED: "weight_decay is multiplied by lr and shrinks the weights",
    Law.INDEPENDENT: "weight_decay is divided by the lr at the start, so only the schedule multiplies it",
}

FORMS = tuple(
    Form(
        call="Lion",
        rule="lion",
        law=law,
        names={"beta1": "betas.0", "beta2": "betas.1"},
        flags={"decoupled_weight_decay": law is Law.INDEPENDENT},
        defaults=_DEFAULTS,
        remark=remark,
    )
    for law, remark in _REMARKS.items()
)

_SPELLING = _python.Spelling(
    prefixes=("lion_pytorch",), forms=FORMS, ignored=("params", "use_triton"), schedules=_python.TORCH_SCHEDULES
)


def read(text: str) -> Recipe:
    """The recipe of `lion_pytorch.Lion(...)`."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(
    name="lion-pytorch", title="lion-pytorch", forms=FORMS, recognises=_SPELLING.recognises, read=read, write=write
)

"""The other names of timm's factory: the same steps in other code, in few bits, or steps that no rule takes."""

from collections.abc import Collection, Sequence

from halflife.recipes._framework import Form, also, beyond
from halflife.recipes._grade import Grade, Loss
from halflife.recipes._stored import IN_8_BITS
from halflife.rules import Law

_THREE = {"": Law.L2, "w": Law.DECOUPLED, "c": Law.CORRECTED}
_TWO = {"": Law.DECOUPLED, "c": Law.CORRECTED}
"""What the endings of a name say of its law."""

_TRUST = "rescales the step of each tensor, with the decay in it, by a trust ratio (law TRUST_RATIO)"
_RATIO = "rescales the step of each tensor by a trust ratio"
_MEAN = "corrects its Nesterov mean by 1 − β₁ᵗ where NAdam takes 1 − β₁ᵗ⁺¹"
_SQUARE = "starts its running square at 1 and has ε under the root"
_BEFORE = "divides by the squares of the gradients before this one"
_FACTORS = "factors its squares into rows and columns"
_ORTHOGONAL = "makes the step of each matrix orthogonal"
_PROJECTS = "takes out of a step what only changes the length of scale-free weights, and then decays less"
_NORM = "divides by the norm of each tensor's gradient"
_DIFFERENCES = "averages the differences of gradients as well"


def others(rows: Sequence[Form]) -> tuple[Form, ...]:
    """The rows of these names, each by the row of the factory's own that has its steps or is nearest to them."""

    def row(call: str, rule: str = "") -> Form:
        return next(form for form in rows if form.call == call and rule in ("", form.rule))

    def weighed(name: str, why: str, like: str, laws: dict[str, Law]) -> tuple[Form, ...]:
        return tuple(form for end, law in laws.items() for form in beyond(row(like), name + end, why=why, law=law))

    return (
        *also(row("sgd"), "nesterov", "fusedsgd"),
        *also(row("sgdw", "nesterov"), "nesterovw"),
        *also(row("momentum"), "bnbsgd"),
        *also(row("adam"), "fusedadam"),
        *also(row("adamw"), "adamwlegacy", "fusedadamw", "bnbadamw", "bnbadam"),
        *also(row("lion"), "bnblion"),
        *also(row("momentum"), "bnbsgd8bit", differs=IN_8_BITS),
        *also(row("adamw"), "bnbadamw8bit", "bnbadam8bit", differs=IN_8_BITS),
        *also(row("lion"), "bnblion8bit", differs=IN_8_BITS),
        *beyond(row("adamw"), "lamb", "lambc", "fusedlamb", why=_TRUST),
        *beyond(row("adamw"), "lambw", "lambcw", why=_RATIO),
        *beyond(row("adamc"), "lambcd", why=_RATIO),
        *beyond(row("momentum"), "lars", "larc", why=_TRUST),
        *beyond(row("sgd"), "nlars", "nlarc", why=_TRUST),
        *weighed("nadam", _MEAN, "nadam", {"w": Law.DECOUPLED, "c": Law.CORRECTED}),
        *weighed("rmsproptf", _SQUARE, "rmsprop", _THREE),
        *weighed("adopt", _BEFORE, "adam", _THREE),
        *weighed("laprop", "divides each gradient before it averages them", "adamw", _TWO),
        *beyond(row("adamw"), "adabelief", "radabelief", why="divides by the spread of gradients round their mean"),
        *beyond(row("adamw"), "adan", why=_DIFFERENCES, law=Law.PROXIMAL),
        *beyond(row("adamw"), "adanw", why=_DIFFERENCES),
        *beyond(row("adamw"), "mars", why="corrects each gradient by the one before"),
        *weighed("madgrad", "sums gradients from the start and averages iterates", "adam", {"": Law.L2}),
        *weighed("madgrad", "sums gradients from the start and averages iterates", "adamw", {"w": Law.DECOUPLED}),
        *beyond(row("adamw"), "adafactor", why=f"{_FACTORS}, and clips its steps"),
        *weighed("adafactorbv", _FACTORS, "adamw", _TWO),
        *beyond(row("adamw"), "adahessian", why="divides by the curvature of the loss"),
        *beyond(row("adamw"), "adamp", why=_PROJECTS),
        *beyond(row("sgdw", "nesterov"), "sgdp", why=_PROJECTS),
        *weighed("kron", "divides by Kronecker factors of the curvature", "momentum", _THREE),
        *beyond(row("adamw"), "muon", "nmuon", "adamuon", "nadamuon", why=_ORTHOGONAL),
        *weighed("novograd", _NORM, "adam", _THREE),
        *beyond(row("adam"), "fusednovograd", why=_NORM),
        *beyond(row("adamw"), "bnbademamix", "bnbademamix8bit", why="adds a second, slower mean of the gradients"),
    )


_CAUTIOUS = Loss(
    grade=Grade.IMPOSSIBLE,
    note="it is cautious: what of a step has the other sign than its gradient is left out, and no rule of halflife "
    "does that. Nearest: the same without caution; halflife.regularize(cautious=True) is cautious in the decay alone",
)
_LOOKAHEAD = Loss(
    grade=Grade.IMPOSSIBLE,
    note="Lookahead draws the weights back to slow ones every few steps, and what was removed from them: no rule of "
    "halflife does that. Nearest: the optimizer inside it by itself",
)


def unwrapped(name: str, known: Collection[str]) -> tuple[str, tuple[Loss, ...]]:
    """The name without `lookahead_` and without the c of a cautious one, and what is lost with them."""
    losses = []
    if name.startswith("lookahead_"):
        name = name.rpartition("_")[2]
        losses.append(_LOOKAHEAD)
    if name not in known and name.startswith("c") and name[1:] in known:
        name = name[1:]
        losses.append(_CAUTIOUS)
    return name, tuple(losses)

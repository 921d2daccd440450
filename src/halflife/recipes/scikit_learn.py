"""scikit-learn's MLPClassifier and MLPRegressor: λ = alpha / rows of the mini-batch, weights only, always L2.

lr is inside the momentum buffer, ε before the bias correction; the loss is a mean over rows.
"""

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows, _sklearn_linear
from halflife.recipes._calls import Call
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import EpsPlace, Recipe, Reduction, Where
from halflife.rules import Law, LrPlace

CLASSES = ("MLPClassifier", "MLPRegressor")
AUTO = 200
ASSUMED = f"mini-batches have {AUTO} rows, scikit-learn's default"
IGNORED = (
    "hidden_layer_sizes",
    "activation",
    "power_t",
    "max_iter",
    "shuffle",
    "random_state",
    "tol",
    "verbose",
    "warm_start",
    "early_stopping",
    "validation_fraction",
    "n_iter_no_change",
    "max_fun",
    "loss",
    "batch_size",
)
_DEFAULTS = {
    "solver": "adam",
    "alpha": 1e-4,
    "learning_rate": "constant",
    "learning_rate_init": 1e-3,
    "momentum": 0.9,
    "nesterovs_momentum": True,
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-8,
}
_REMARK = "alpha is divided by the rows of the mini-batch: λ = alpha / rows; intercepts are never regularized"


def _form(rule: str, names: dict[str, str], **flags: object) -> Form:
    return Form(
        call=CLASSES[0],
        rule=rule,
        law=Law.L2,
        strength="",
        lr="learning_rate_init",
        names=names,
        flags={"learning_rate": "constant", **flags},
        defaults=_DEFAULTS,
        lr_place=LrPlace.STEP if rule in ("sgd", "adam") else LrPlace.BUFFER,
        positive=frozenset({"eps"} & set(names)),
        eps_place=EpsPlace.BEFORE_CORRECTION if rule == "adam" else EpsPlace.RULE,
        where=frozenset({Where.WEIGHTS}),
        remark=_REMARK,
    )


FORMS = (
    _form("sgd", {}, solver="sgd", momentum=0.0),
    _form("momentum", {"momentum": "momentum"}, solver="sgd", nesterovs_momentum=False),
    _form("nesterov", {"momentum": "momentum"}, solver="sgd", nesterovs_momentum=True),
    _form("adam", {"beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"}, solver="adam"),
)


def recognises(text: str) -> bool:
    """Whether the text calls one of the two classes, or a linear model."""
    return any(_owns(call) or _linear(call) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `MLPClassifier(...)`; the strength needs the rows of a mini-batch, by default 200."""
    calls = _calls.parse(text)
    linear = [call for call in calls if _linear(call)]
    if len(linear) == 1:
        return _sklearn_linear.read(linear[0])
    found = [call for call in calls if _owns(call)]
    if len(found) != 1 or found[0].positional[1:]:
        raise BadInput("a scikit-learn recipe is one MLPClassifier(...) or MLPRegressor(...) with named arguments.")
    arguments = dict(found[0].arguments)
    given = arguments.get("batch_size", "auto")
    batch = AUTO if given == "auto" else int(_calls.number("batch_size", given))
    if batch < 1:
        raise BadInput(f"batch_size is {batch}: it must be 1 or more.")
    alpha = _calls.number("alpha", arguments.pop("alpha", _DEFAULTS["alpha"]))
    recipe = _rows.read(
        FORMS, CLASSES[0], arguments, ignored=IGNORED, strength=alpha / batch, batch=batch, where=Where.WEIGHTS
    )
    return _rows.with_remark(recipe, ASSUMED) if given == "auto" else recipe


def write(recipe: Recipe, form: Form) -> str:
    """The classifier; MLPRegressor takes the same arguments."""
    batch = recipe.batch or AUTO
    arguments = _rows.write(recipe, form) | {"alpha": recipe.strength * batch, "batch_size": batch}
    return _calls.assign("model", f"sklearn.neural_network.{form.call}", **arguments)


def _owns(call: Call) -> bool:
    return call.last in CLASSES and call.name.rpartition(".")[0] in ("", "sklearn.neural_network", "neural_network")


def _linear(call: Call) -> bool:
    module = call.name.rpartition(".")[0]
    return call.last in (*_sklearn_linear.TRAINED, *_sklearn_linear.SOLVED) and (
        module in ("", "sklearn.linear_model", "linear_model")
    )


FRAMEWORK = Framework(
    name="sklearn",
    title="scikit-learn MLP",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    reductions=frozenset({Reduction.MEAN}),
    schedules=frozenset({"constant"}),
    caution="a smaller last mini-batch is regularized more; --batch gives the rows if they are not 200",
)

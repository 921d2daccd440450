"""A live Optax transformation: functions, whose numbers stand in what they close over.

`optax.adamw(1e-3)` is a chain of `scale_by_adam`, `add_decayed_weights` and `scale`, each a function that remembers its
arguments. They are put together again as the calls that a text would hold, so that one reader serves both. Those names
are Optax' own affair and change with its versions, so nothing is believed that the transformation does not confirm: it
is run on weights of ours, and has to take the steps of the recipe that was read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _optax_chain, _optax_steps, optax
from halflife.recipes._calls import Call, Source
from halflife.recipes._parts import Live

Part = tuple[str, dict[str, Any]]
CORES: dict[str, tuple[str, tuple[str, ...]]] = {
    "trace": ("sgd", ("decay", "nesterov")),
    "scale_by_adam": ("adam", ("b1", "b2", "eps", "eps_root", "nesterov")),
    "scale_by_adamax": ("adamax", ("b1", "b2", "eps")),
    "scale_by_lion": ("lion", ("b1", "b2")),
    "scale_by_radam": ("radam", ("b1", "b2", "eps", "eps_root", "threshold", "nesterov")),
    "scale_by_rms": ("rmsprop", ("decay", "eps", "eps_in_sqrt", "initial_scale", "bias_correction")),
    "scale_by_stddev": ("rmsprop", ("decay", "eps", "eps_in_sqrt", "initial_scale", "bias_correction")),
    "scale_by_rss": ("adagrad", ("eps", "initial_accumulator_value")),
    "scale_by_adadelta": ("adadelta", ("rho", "eps")),
    "scale_by_sign": ("sign_sgd", ()),
}
"""What each transformation is the core of, and the numbers that it closes over."""

DECAYS_ITSELF = {"adam": "adamw", "adamax": "adamaxw", "lion": "lion"}
NOT_AS_EXPECTED = "what the functions of the Optax transformation remember is not what halflife expects"
WAY_ROUND = "give its text, or measure its law with halflife.probe."
SCHEDULES = {"cosine_decay_schedule": "cosine_decay_schedule", "polynomial_schedule": "linear_schedule"}
USUAL: dict[str, Any] = {"alpha": 0.0, "exponent": 1.0, "power": 1, "transition_begin": 0}


def read(transformation: Any) -> list[Live]:
    """The setting of a transformation that Optax' own functions made.

    Raises:
        BadInput: it holds something whose numbers cannot be seen, or steps that no rule of halflife takes.
    """
    if not hasattr(transformation, "update"):
        raise BadInput("what is given from Optax has no update: give the GradientTransformation itself.")
    try:
        parts = _parts(transformation.update, {})
        recipe = _optax_chain.recipe(_chain(parts), optax.FORMS)
    except BadInput:
        raise
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise BadInput(f"{NOT_AS_EXPECTED} ({type(error).__name__}: {error}): {WAY_ROUND}") from None
    weights = _optax_steps.weights_for([numbers["mask"] for _, numbers in parts if "mask" in numbers])
    if not _optax_steps.takes(transformation, recipe, weights):
        raise BadInput(f"{NOT_AS_EXPECTED}: run on weights, it does not take the steps of {recipe.rule}. {WAY_ROUND}")
    return [Live(recipe=_optax_steps.which(recipe, weights))]


def _parts(update: Callable[..., Any], init: Mapping[str, Any]) -> list[Part]:
    """The transformations of a chain, each with what it closes over."""
    name, held = getattr(update, "__qualname__", repr(update)).partition(".")[0], _closure(update)
    if name == "chain":
        return [part for function in held["update_fns"] for part in _parts(function, {})]
    if name == "with_extra_args_support":
        return _parts(held["tx"].update, _closure(held["tx"].init))
    if name == "masked":
        return [(inner, {**numbers, "mask": held["mask"]}) for inner, numbers in _parts(held["inner"].update, {})]
    nested = [_closure(value) for value in held.values() if callable(value)]
    return [] if name == "identity" else [(name, {k: v for d in (*nested, init, held) for k, v in d.items()})]


def _closure(function: Any) -> dict[str, Any]:
    code = getattr(function, "__code__", None)
    cells = getattr(function, "__closure__", None) or ()
    return {} if code is None else {n: c.cell_contents for n, c in zip(code.co_freevars, cells, strict=True)}


def _chain(parts: list[Part]) -> list[Call]:
    """The calls that a text of the same transformation would hold."""
    names = [name for name, _ in parts]
    clips = [Call(f"optax.{name}") for name in names if name.startswith("clip")]
    known = (*CORES, _optax_chain.DECAY, "scale", "scale_by_schedule")
    strange = [name for name in names if name not in known and not name.startswith("clip")]
    scales = [place for place, name in enumerate(names) if name in ("scale", "scale_by_schedule")]
    if strange or len(scales) != 1:
        raise BadInput(
            f"the Optax transformation {', '.join(names)} cannot be read from what its functions remember: {WAY_ROUND}"
        )
    lr, core = _lr(parts[scales[0]][1]), next((p for p, name in enumerate(names) if name in CORES), None)
    first = core if core is not None and core < scales[0] else scales[0]
    call, numbers = _core(parts[first] if first != scales[0] else ("", {}), parts[scales[0] :])
    decays = [(place, held) for place, (name, held) in enumerate(parts) if name == _optax_chain.DECAY]
    decays = [(place, held) for place, held in decays if float(held["weight_decay"])]
    if not decays:
        return [*clips, Call(f"optax.{call}", (), {"learning_rate": lr, **numbers, **_without(call)})]
    place, held = decays[0]
    mask = {"mask": Source("its own")} if "mask" in held else {}
    added = [Call(f"optax.{_optax_chain.DECAY}", (float(other["weight_decay"]),), mask) for _, other in decays]
    if place < first or place > scales[0]:
        whole = Call(f"optax.{call}", (), {"learning_rate": lr, **numbers, **_without(call)})
        return [*clips, *added, whole] if place < first else [*clips, whole, *added]
    if call == "sgd":
        trace = {"decay": numbers["momentum"], "nesterov": numbers["nesterov"]} if numbers else {}
        inner = [Call("optax.trace", (), trace)] if numbers else []
        return [*clips, *inner, *added, Call("optax.scale_by_learning_rate", (lr,))]
    if call not in DECAYS_ITSELF:
        raise BadInput(f"the Optax chain decays inside {call}, after its root: no rule of halflife has that.")
    own = {"learning_rate": lr, **numbers, "weight_decay": float(held["weight_decay"]), **mask}
    return [*clips, Call(f"optax.{DECAYS_ITSELF[call]}", (), own)]


def _core(part: Part, after: list[Part]) -> tuple[str, dict[str, Any]]:
    """The optimizer of a core and its arguments; none is plain descent."""
    name, held = part
    if not name:
        return "sgd", {}
    call, wanted = CORES[name]
    numbers = {key: _plain(held[key]) for key in wanted if key in held}
    if name == "trace":
        return call, {"momentum": numbers["decay"], "nesterov": numbers["nesterov"]}
    if held.get("mode", "hard") != "hard":
        raise BadInput(f"the Lion of Optax has the mode {held['mode']!r}: no rule of halflife has that.")
    if call == "rmsprop":
        numbers["centered"] = name == "scale_by_stddev"
        for other, buffer in after:
            if other == "trace":
                numbers |= {"momentum": _plain(buffer["decay"]), "nesterov": bool(buffer["nesterov"])}
    return call, numbers


def _without(call: str) -> dict[str, float]:
    return {"weight_decay": 0.0} if call == "lion" else {}


def _lr(held: Mapping[str, Any]) -> Any:
    """A number, or the call of the schedule that it is."""
    if "step_size" in held:
        return -float(held["step_size"])
    schedule = held.get("learning_rate", held.get("step_size_fn"))
    name, inside = getattr(schedule, "__qualname__", "").partition(".")[0], _closure(schedule)
    if name not in SCHEDULES:
        raise BadInput("the lr is a function that halflife does not know: give its text, with the peak lr as a number.")
    numbers = {key: _plain(value) for key, value in inside.items()}
    kept = {key: value for key, value in numbers.items() if key not in USUAL or value != USUAL[key]}
    return Call(f"optax.{SCHEDULES[name]}", (), kept)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int)) or value is None else float(value)

"""From what the user names to a subject: an object, or a dotted name with arguments written after it."""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from halflife._errors import BadInput
from halflife.probe._function import from_function, is_step_function
from halflife.probe._probe import merged, probe_subject
from halflife.probe._report import LawReport
from halflife.probe._subject import refuse_further, refuse_no_number, sentence


def probe(target: Any, /, **arguments: Any) -> LawReport:
    """Find out by experiment how an optimizer regularizes.

    The optimizer is started many times on a few small parameters with planned gradients, with and without its
    regularization; its source is not read. A live optimizer is copied on to fresh parameters: the user's weights
    and state are not touched.

    Args:
        target: a torch optimizer class or factory, or a live torch optimizer (each distinct parameter group is
            probed); an Optax transformation or factory; a Keras optimizer or its class; a scikit-learn MLP or SGD
            estimator or its class; a function `(weights, gradient, state) → (weights, state)` on NumPy arrays,
            whose state starts as None; or a dotted name of any of them, such as `"torch.optim:AdamW"`.
        arguments: what a class, factory or function is called with; `lr` of 1e-3 is filled in where one is needed.

    Returns:
        The report, with its evidence. Its law is UNKNOWN when the experiments disagree.

    Raises:
        BadInput: the target cannot be imported, is no optimizer, refuses its arguments, or needs a closure.
    """
    name = target if isinstance(target, str) else _name(target)
    value = imported(target) if isinstance(target, str) else target
    if _is_live_torch(value):
        refuse_further(name, arguments)
        return merged(name, distinct_reports(value))
    with _staying(name):
        return probe_subject(subject_of(value, arguments, name))


def probe_groups(optimizer: Any) -> tuple[LawReport, ...]:
    """The report of each parameter group of a live torch optimizer, in its order; equal groups are probed once.

    Raises:
        BadInput: it is no live torch optimizer, or it cannot be stepped on fresh parameters.
    """
    if not _is_live_torch(optimizer):
        raise BadInput(f"{_name(optimizer)} is not a live torch optimizer: it has no parameter groups.")
    reports: dict[str, LawReport] = {}
    with _staying(_name(optimizer)):
        return tuple(_report_of_group(optimizer, index, reports) for index in range(len(optimizer.param_groups)))


@contextmanager
def _staying(name: str) -> Iterator[None]:
    """An optimizer that ends the program ends its own probing alone."""
    try:
        yield
    except SystemExit as error:
        raise BadInput(f"{name} ends the program when it is built or stepped: {sentence(error)}.") from error


def distinct_reports(optimizer: Any) -> tuple[LawReport, ...]:
    """One report for each distinct parameter group."""
    return tuple({id(report): report for report in probe_groups(optimizer)}.values())


def _report_of_group(optimizer: Any, index: int, reports: dict[str, LawReport]) -> LawReport:
    from halflife.probe._torch_live import from_live

    group = optimizer.param_groups[index]
    key = repr(sorted((k, repr(v)) for k, v in group.items() if k not in ("params", "name", "param_names")))
    if key not in reports:
        reports[key] = probe_subject(from_live(optimizer, index, f"{_name(optimizer)} group {index}"))
    return reports[key]


def subject_of(value: Any, arguments: Mapping[str, Any], name: str) -> Any:
    """The adapter that serves this kind of object; a framework is asked only if it is loaded.

    Raises:
        BadInput: no adapter does.
    """
    refuse_no_number(name, value, arguments)
    if _is(value, "keras.optimizers", "Optimizer"):
        from halflife.probe._keras import from_keras

        return from_keras(value, arguments, name)
    if _is(value, "sklearn.base", "BaseEstimator"):
        from halflife.probe._sklearn import from_estimator

        return from_estimator(value, arguments, name)
    if "optax" in sys.modules:
        from halflife.probe import _optax

        if _optax.is_transformation(value):
            refuse_further(name, arguments)
            return _optax.from_transformation(value, name)
        if inspect.isfunction(value) and _makes_transformation(value, arguments):
            return _optax.from_factory(value, arguments, name)
    if is_step_function(value):
        return from_function(value, arguments, name)
    if callable(value):
        from halflife.probe._torch import from_factory

        return from_factory(value, arguments, name)
    raise BadInput(f"{name} is a {type(value).__name__}: it is not an optimizer, nor a callable that makes one.")


def _makes_transformation(value: Any, arguments: Mapping[str, Any]) -> bool:
    """Whether a call makes an Optax transformation; one of Optax's own that complains is taken for one, too."""
    from halflife.probe._optax import LR_NAMES, double_precision, is_transformation

    accepted = inspect.signature(value).parameters
    lr = {key: 1e-3 for key in LR_NAMES if key in accepted and key not in arguments}
    try:
        with double_precision():
            return bool(is_transformation(value(**lr, **arguments)))
    except Exception:
        return bool(value.__module__.partition(".")[0] == "optax")


def imported(dotted: str) -> Any:
    """What a name such as `package.module:attribute` or `package.module.attribute` stands for.

    Raises:
        BadInput: it cannot be imported.
    """
    module_name, _, attribute = dotted.partition(":")
    if not attribute:
        module_name, _, attribute = dotted.rpartition(".")
    if not module_name or not attribute:
        raise BadInput(f"{dotted!r} names nothing to import: write package.module:Optimizer.")
    if "" not in sys.path:
        sys.path.insert(0, "")  # what lies in the current folder can be named, as with python -m
    if module_name.partition(".")[0] == "keras":
        from halflife.probe._keras import choose_backend

        choose_backend()
    try:
        value = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise BadInput(f"{module_name!r} cannot be imported: {type(error).__name__}: {error}.") from error
    for part in attribute.split("."):
        try:
            value = getattr(value, part)
        except AttributeError:
            near = get_close_matches(part, [name for name in dir(value) if not name.startswith("_")])
            hint = f": did you mean {' or '.join(near)}?" if near else "."
            raise BadInput(f"{module_name!r} has no {attribute!r}{hint}") from None
    return value


def parsed(words: Sequence[str]) -> dict[str, Any]:
    """Arguments written as name=value, each value a Python literal, or else taken as text.

    Raises:
        BadInput: a word is not of that form.
    """
    arguments = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.isidentifier():
            raise BadInput(f"{word!r} is not an argument: write name=value, as in weight_decay=0.01.")
        try:
            arguments[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            arguments[name] = text
    return arguments


def _name(value: Any) -> str:
    kind = value if isinstance(value, type) or hasattr(value, "__qualname__") else type(value)
    return str(getattr(kind, "__qualname__", kind)).replace("<lambda>", "the factory")


def _is_live_torch(value: Any) -> bool:
    return not isinstance(value, type) and isinstance(getattr(value, "param_groups", None), list)


def _is(value: Any, module: str, name: str) -> bool:
    """Whether it is an object or subclass of a class of a module, as far as that is loaded."""
    base = getattr(sys.modules.get(module), name, None)
    if base is None:
        return False
    found: bool = issubclass(value, base) if isinstance(value, type) else isinstance(value, base)
    return found

"""What else is measured once the law is known: reach, missing gradients, parameter groups, precision."""

from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._bench import Bench, trace
from halflife.probe._experiments import Experiments
from halflife.probe._report import Evidence
from halflife.probe._subject import Floats
from halflife.rules import Law

LOST = 0.5
"""A decay of which less is left counts as lost."""
HOLDABLE = 8.0
"""A relative change of so many gaps is one that a precision can hold."""
LOUDER = 30.0
DWARFS = 300.0
SHOWS = 0.05
SILENT = 0.02
FEW = 2
"""Tensors that serve to see what a precision keeps, where all are regularized alike."""
GAP = {"float64": 2.0**-52, "float32": 2.0**-23, "bfloat16": 2.0**-7, "float16": 2.0**-10}


def reached_tensors(ex: Experiments) -> Any:
    """Which tensors are regularized at all; a stronger run decides where the probing strength shows nothing."""
    floor = max(30 * ex.noise, 1e-12)
    reached = ex.reach > floor
    if not reached.all():
        try:
            stronger = ex.run(strength=100 * ex.strength) - ex.off
        except Exception:
            return reached
        reached |= ex.per_tensor(lambda part: float(abs(stronger[:, part]).max())) > floor
    if not reached.all():
        # what hears signs alone does not hear a penalty that pulls where the gradient pulls already
        turned = -ex.bench.gradients
        against = ex.run(strength=100 * ex.strength, gradients=turned) - ex.run(gradients=turned)
        reached |= ex.per_tensor(lambda part: float(abs(against[:, part]).max())) > floor
    return reached


def missed(bench: Bench, reached: Any) -> tuple[bool, bool, Evidence | None]:
    """Are 1-D parameters spared; is anything missed that has the shape of something reached; what was seen."""
    if reached.all():
        return False, False, None
    vectors = np.array([len(shape) < 2 for shape in bench.shapes])
    spared = bool(not reached[vectors].any() and reached[~vectors].all() and vectors.any())
    spares_matrices = not reached[~vectors].any() and bool((~vectors).any())
    names = ", ".join(str(shape) for shape, hit in zip(bench.shapes, reached, strict=True) if not hit)
    by_shape: dict[int, set[bool]] = {}
    for shape, hit in zip(bench.shapes, reached, strict=True):
        by_shape.setdefault(len(shape), set()).add(bool(hit))
    partial = any(len(hits) > 1 for hits in by_shape.values()) or bool(reached[vectors].any() and spares_matrices)
    return spared, partial, Evidence(experiment="parameters of several shapes", outcome=f"no effect on {names}")


def without_gradient(ex: Experiments) -> tuple[str, str]:
    """What regularization does to a parameter without gradient, and to one whose gradient is zero."""
    answers = []
    lacking = slice(0, ex.bench.parts[-1].start if ex.subject.lends_last else None)
    plans: tuple[tuple[dict[str, Any], slice], ...] = (
        ({"absent": True}, lacking),
        ({"gradients": ex.zero_gradients}, slice(None)),
    )
    for plan, there in plans:
        try:
            on, off = ex.run(strength=ex.strength, **plan), ex.run(**plan)
        except NotImplementedError:
            answers.append("not applicable")
            continue
        except Exception as error:
            answers.append(f"error ({type(error).__name__})")
            continue
        answers.append("decayed" if abs(on - off)[:, there].max() > max(30 * ex.noise, 1e-12) else "not decayed")
    return answers[0], answers[1]


def sparse_gradient(ex: Experiments) -> str:
    """What regularization does to the rows of an embedding, some of which have no gradient in a step."""
    subject = ex.subject.sparsely()
    if subject is None or subject.shapes is None:
        return "not applicable"
    bench = Bench(shapes=subject.shapes, steps=3)
    rows = np.concatenate([np.arange(p.start, p.stop) < (p.start + p.stop) // 2 for p in bench.parts])
    runs = []
    for strength, refused in ((0.0, "refused"), (ex.strength, "refused with regularization")):
        try:
            runs.append(
                trace(subject, bench, gradients=rows * bench.gradients, lr=ex.lr, strength=strength, knobs=ex.knobs)
            )
        except Exception:
            return refused
    moved = abs(runs[1] - runs[0]).max(axis=0) > max(30 * ex.noise, 1e-12)
    if not moved.any():
        return "not decayed"
    return "all rows decayed" if moved[~rows].any() else "rows with a gradient decayed"


def gradient_changed(ex: Experiments) -> bool:
    """Whether the caller's gradient is overwritten by regularization."""
    found = []
    for strength in (0.0, ex.strength):
        run = ex.subject.start(ex.bench.shapes, ex.bench.weights, lr=ex.lr, strength=strength, knobs=ex.knobs)
        run.step(ex.bench.gradients[0])
        found.append(bool(getattr(run, "gradient_changed", False)))
    return found[1] and not found[0]


def groups_mixed_up(ex: Experiments, law: Law, *, penalty: bool) -> Evidence | None:
    """Two groups in one optimizer against each group's settings for all: what a group does may not change."""
    if not ex.subject.grouped or not ex.lr or len(ex.bench.shapes) < 2:
        return None
    half = ex.bench.parts[(len(ex.bench.shapes) + 1) // 2].start
    lr, s = ex.lr, ex.strength
    # a law with a peak lr may take it from the construction: then that must stay as it is
    own = bool(law.value.peak_power) or law is Law.UNKNOWN

    def apart(lrs: tuple[float, float], strengths: tuple[float, float]) -> float:
        two_lrs = lrs if lrs[0] != lrs[1] or own else lrs[0]
        mixed = ex.run(lr=two_lrs, strength=strengths if strengths[0] != strengths[1] else strengths[0])
        if penalty and strengths != (0.0, 0.0):
            # where tensors hear of each other, a penalty is heard by all: so the twin is handed it as well
            outside = np.zeros_like(ex.bench.weights)
            outside[:half], outside[half:] = strengths
            size = ex.spread(np.where(np.isfinite(ex.as_l2.misfit), ex.as_l2.size, 0.0)) / ex.strength
            return float(abs(mixed - ex.run(lr=two_lrs, l2=outside * size)).max())
        alone = [ex.run(lr=(lrs[i],) * 2 if own else lrs[i], strength=strengths[i]) for i in range(2)]
        return max(
            float(abs(mixed[:, :half] - alone[0][:, :half]).max()),
            float(abs(mixed[:, half:] - alone[1][:, half:]).max()),
        )

    floor = max(30 * ex.noise, 1e-3 * float(ex.reach.max()))
    try:
        if apart((lr, lr / 4), (0.0, 0.0)) > max(1e-9, ex.noise):
            return None
        by_lr = apart((lr, lr / 4), (s, s))
        by_strength = apart((lr, lr), (s, 0.0))
    except Exception:
        return None
    wrong = [name for name, size in (("lr", by_lr), ("strength", by_strength)) if size > floor]
    if not wrong:
        return None
    return Evidence(
        experiment="two parameter groups of different lr, then of different strength",
        outcome=f"the decay of a group depends on the {' and the '.join(wrong)} of the other",
        numbers={"by lr": by_lr, "by strength": by_strength},
    )


def precisions(
    ex: Experiments, reached: Any, strength: float, decay: float | None, *, known: bool
) -> tuple[dict[str, float | None], Evidence | None]:
    """What is left of the effect in each precision at the configured settings, and where more is lost than need be.

    Args:
        ex: the experiments.
        reached: which tensors are regularized.
        strength: to be used, the configured one.
        decay: α at that strength; None where the law has none.
        known: whether α may be relied on for other strengths.
    """
    full = ex
    if reached.all() and len(ex.bench.shapes) > FEW:
        # a framework that compiles does so for each precision, and longer the more tensors there are
        ex = replace(ex, bench=replace(ex.bench, shapes=ex.bench.shapes[:FEW]), memo={})
        reached = reached[:FEW]
    columns = _columns(ex, reached)
    kept = {ex.subject.widest: _kept(ex, "float64", strength, columns)}
    kept |= {dtype: _kept(ex, dtype, strength, columns) for dtype in ex.subject.dtypes}
    if full.reach.max() == 0 or decay == 0:
        return kept, None
    if decay is None:
        lost = [dtype for dtype in ex.subject.dtypes if known and _deaf(ex, dtype, columns)]
        said = f"a penalty far larger than the gradients changes nothing in {', '.join(lost)}"
        return kept, Evidence(experiment="the same in lower precision", outcome=said) if lost else None
    all_columns = _columns(full, full.reach > 0)
    whole = _effect(full, "float64", ex.subject.lr, strength, all_columns)
    if whole is not None and ex.lr == ex.subject.lr:
        expected = full.effect[:, all_columns] * (strength / ex.strength)
        if _projection(whole, expected) < LOST:
            kept = dict.fromkeys(kept, 0.0)
            return kept, Evidence(experiment="configured strength", outcome="the decay is lost in every precision")
    if not known:
        return kept, None
    lost = [d for d, share in kept.items() if share is not None and share < LOST and abs(decay) > HOLDABLE * GAP[d]]
    strong = strength * 0.2 / abs(decay)
    for dtype in ex.subject.dtypes:
        share = None if dtype in lost else _kept(ex, dtype, strong, columns, (0.0, 1.0))
        if share is not None and share < LOST:
            lost.append(dtype)
    if not lost:
        return kept, None
    return kept, Evidence(
        experiment="the same in lower precision, at a strength that the precision can hold",
        outcome=f"the decay is lost in {', '.join(lost)}",
    )


def _deaf(ex: Experiments, dtype: str, columns: Any) -> bool:
    """Whether a penalty that dwarfs the gradients, at an lr that any precision shows, changes next to nothing."""
    strong = DWARFS * float(np.median(abs(ex.bench.gradients)) / np.median(abs(ex.bench.weights)))
    lr = None if ex.lr is None else max(ex.lr, SHOWS)
    whole, found = (_effect(ex, kind, lr, strong, columns, LOUDER) for kind in ("float64", dtype))
    if whole is None or found is None:
        return False
    plan = ex.bench.gradients * LOUDER
    runs = (
        trace(ex.subject, ex.bench, lr=lr, strength=0.0, dtype=d, gradients=plan, knobs=ex.knobs)
        for d in ("float64", dtype)
    )
    path, path_there = (float(np.linalg.norm(run[-1] - run[0])) for run in runs)
    if path_there < LOST * path:
        return False  # all of the optimizer is lost there, not its regularization
    shown = float(np.linalg.norm(whole)) > SHOWS * float(np.linalg.norm(ex.bench.weights[columns]))
    return shown and float(np.linalg.norm(found)) < SILENT * float(np.linalg.norm(whole))


def _columns(ex: Experiments, reached: Any) -> Any:
    """The weights of these tensors."""
    return np.concatenate([np.arange(p.start, p.stop) for p, hit in zip(ex.bench.parts, reached, strict=True) if hit])


def _kept(
    ex: Experiments, dtype: str, strength: float, columns: Any, loudnesses: tuple[float, ...] = (1.0, LOUDER)
) -> float | None:
    """The effect in this precision, projected on the one in float64; louder gradients where squares underflow.

    Zero where it is lost, NaN where it cannot be seen for rounding, None where the precision cannot be run.
    """
    for loudness in loudnesses:
        reference = _effect(ex, "float64", ex.subject.lr, strength, columns, loudness)
        effect = _effect(ex, dtype, ex.subject.lr, strength, columns, loudness)
        if reference is not None and effect is not None:
            share = _projection(effect, reference)
            chance = np.linalg.norm(effect - share * reference) > np.linalg.norm(reference)
            return np.nan if chance else min(1.0, max(0.0, share))
    return None


def _effect(
    ex: Experiments, dtype: str, lr: float | None, strength: float, columns: Any, loudness: float = 1.0
) -> Floats | None:
    known = (dtype, strength, loudness, lr)
    if known in ex.memo:
        return ex.memo[known][:, columns]
    plan = ex.bench.gradients * loudness
    try:
        on, off = (
            trace(ex.subject, ex.bench, lr=lr, strength=s, dtype=dtype, gradients=plan, knobs=ex.knobs)
            for s in (strength, 0.0)
        )
    except Exception:
        return None
    effect = on - off
    if not np.isfinite(effect[:, columns]).all():
        return None
    ex.memo[known] = effect
    return effect[:, columns]


def _projection(effect: Floats, reference: Floats) -> float:
    size = float((reference * reference).sum())
    return float((effect * reference).sum()) / size if size else 1.0

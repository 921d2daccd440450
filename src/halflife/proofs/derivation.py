"""The blog post's question, derived: from the error to the update with a penalty, and to the update with decay.

A small real network, two inputs, two hidden units and two outputs, is differentiated by SymPy for every output and
error that belong together. The shown letters stand for its expressions: oₖ is an output, hⱼ a hidden unit, tₖ a target,
and δₖ the derivative of the error by what enters the output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import sympy

from halflife.proofs._runs import Weights, apart, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, update

ABOUT = ("sgd",)
INPUTS, HIDDEN, OUTPUTS = range(1, 3), range(1, 3), range(1, 3)
X, T = LETTERS.many("x", 2), LETTERS.many("t", 2)
V = {(i, j): sympy.Symbol(f"v_{i}{j}") for i in INPUTS for j in HIDDEN}
W = {(j, k): sympy.Symbol(f"w_{j}{k}") for j in HIDDEN for k in OUTPUTS}
h, o, t, w, v, x = (sympy.Symbol(name) for name in ("h_j", "o_k", "t_k", "w_jk", "v_ij", "x_i"))
O = LETTERS.many("o", 2)  # noqa: E741 - the outputs, as the blog post writes them
DELTA = LETTERS.many("delta", 2)
LR, L2, DECAY = LETTERS.eta, LETTERS.lamda, LETTERS.alpha


@dataclass(frozen=True, kw_only=True)
class Head:
    """An output, an error, and the signal δₖ that they are claimed to send back."""

    output: str
    error: str
    outputs: list[sympy.Expr]
    signal: sympy.Expr


def _networks() -> tuple[list[sympy.Expr], list[sympy.Expr]]:
    hidden = [sympy.tanh(sum(V[i, j] * X[i - 1] for i in INPUTS)) for j in HIDDEN]
    return hidden, [sum(W[j, k] * hidden[j - 1] for j in HIDDEN) for k in OUTPUTS]


def _heads(sums: list[sympy.Expr]) -> list[Head]:
    logistic = [1 / (1 + sympy.exp(-s)) for s in sums]
    softmax = [sympy.exp(s) / sum(map(sympy.exp, sums)) for s in sums]
    average = (O[0] - T[0]) * O[0] + (O[1] - T[1]) * O[1]
    return [
        Head(output="identity", error="squared error", outputs=sums, signal=o - t),
        Head(output="logistic", error="squared error", outputs=logistic, signal=(o - t) * o * (1 - o)),
        Head(output="logistic", error="cross-entropy", outputs=logistic, signal=o - t),
        Head(output="softmax", error="squared error", outputs=softmax, signal=o * ((o - t) - average)),
        Head(output="softmax", error="cross-entropy", outputs=softmax, signal=o - t),
    ]


def _error(head: Head) -> sympy.Expr:
    if head.error == "squared error":
        return sum((target - out) ** 2 for target, out in zip(T, head.outputs, strict=True)) / 2
    if head.output == "softmax":
        return -sum(target * sympy.log(out) for target, out in zip(T, head.outputs, strict=True))
    return -sum(
        target * sympy.log(out) + (1 - target) * sympy.log(1 - out) for target, out in zip(T, head.outputs, strict=True)
    )


def theorem() -> Theorem:
    """Both updates, for the hidden-to-output and the input-to-hidden weights, from five errors."""
    hidden, sums = _networks()
    proof = [step for head in _heads(sums) for step in (_to_output(head, hidden), _to_hidden(head, hidden))]
    gradient = LETTERS.delta_k * h
    penalty = L2 / 2 * sum(u**2 for u in (*V.values(), *W.values()))
    proof += [
        Step(
            says="The penalty adds to the derivative by each weight",
            left=sympy.Derivative(LETTERS.P, w),
            right=L2 * w,
            where=tuple({sympy.Derivative(LETTERS.P, w): sympy.diff(penalty, u), w: u} for u in W.values()),
        ),
        _updated("So the update with the penalty is", w - LR * (gradient + L2 * w), gradient, l2=L2),
        _updated(
            "The update with decay, from the error without penalty, is",
            w - LR * gradient - DECAY * w,
            gradient,
            decay=DECAY,
        ),
        Step(
            says="The two are one iff",
            left=DECAY,
            right=LR * L2,
            where=({DECAY: _agreeing_decay(gradient)},),
        ),
    ]
    return Theorem(
        name="derivation",
        title="The derivation: penalty and decay in back-propagation",
        statement=(
            "From E = ½Σ(t−o)² + (λ/2)Σw² the update is wⱼₖ ← wⱼₖ − η·[δₖ·hⱼ + λ·wⱼₖ]; from E without the penalty, "
            "with decay, wⱼₖ ← wⱼₖ − η·δₖ·hⱼ − α·wⱼₖ. They are the same iff α = η·λ. For a logistic output "
            "δₖ = (oₖ−tₖ)·oₖ·(1−oₖ)."
        ),
        hypotheses=(
            "plain gradient descent; a network with one hidden layer of tanh units",
            "targets of a softmax with cross-entropy add up to 1",
        ),
        reference="Rumelhart, Hinton & Williams 1986, for back-propagation; Hanson & Pratt 1988, for the decay",
        proof=tuple(proof),
        witnesses=(
            Measurement(
                says="500 steps of the logistic network with squared error, α = η·λ: the twins differ by",
                measure=lambda: _gap(1.0),
                at_most=1e-12,
            ),
        ),
        counterexamples=(Measurement(says="the same with α = η·λ/2", measure=lambda: _gap(0.5), at_least=1e-2),),
        rules=ABOUT,
    )


def _meaning(head: Head, hidden: list[sympy.Expr], j: int, k: int, i: int = 1) -> dict[sympy.Expr, sympy.Expr]:
    """What the shown letters stand for, for one weight of the network."""
    shared: dict[sympy.Expr, sympy.Expr] = {h: hidden[j - 1], o: head.outputs[k - 1], t: T[k - 1], x: X[i - 1]}
    return shared | dict(zip(O, head.outputs, strict=True))


def _adding_to_one(head: Head, expression: sympy.Expr) -> sympy.Expr:
    one_hot = head.output == "softmax" and head.error == "cross-entropy"
    return expression.subs(T[1], 1 - T[0]) if one_hot else expression


def _signal(head: Head, k: int) -> sympy.Expr:
    """δₖ of one output, in letters of that output."""
    return head.signal.subs({o: O[k - 1], t: T[k - 1]})


def _to_output(head: Head, hidden: list[sympy.Expr]) -> Step:
    error, derivative = _error(head), sympy.Derivative(LETTERS.E, w)
    cases = [
        _case(head, _meaning(head, hidden, j, k), {derivative: sympy.diff(error, W[j, k])})
        for j in HIDDEN
        for k in OUTPUTS
    ]
    return Step(
        says=f"{head.output.capitalize()} output, {head.error}: by a weight from hidden to output",
        left=derivative,
        right=head.signal * h,
        where=tuple(cases),
    )


def _to_hidden(head: Head, hidden: list[sympy.Expr]) -> Step:
    error, derivative = _error(head), sympy.Derivative(LETTERS.E, v)
    cases = []
    for i in INPUTS:
        for j in HIDDEN:
            meaning = _meaning(head, hidden, j, 1, i) | {sympy.Symbol(f"w_j{k}"): W[j, k] for k in OUTPUTS}
            signals = {DELTA[k - 1]: _signal(head, k).subs(_meaning(head, hidden, j, k)) for k in OUTPUTS}
            cases.append(_case(head, meaning, signals | {derivative: sympy.diff(error, V[i, j])}))
    return Step(
        says="and by a weight from input to hidden, with δₖ what multiplies hⱼ above",
        left=derivative,
        right=sum(DELTA[k - 1] * sympy.Symbol(f"w_j{k}") for k in OUTPUTS) * (1 - h**2) * x,
        where=tuple(cases),
    )


def _case(
    head: Head, meaning: Mapping[sympy.Expr, sympy.Expr], derived: Mapping[sympy.Expr, sympy.Expr]
) -> dict[sympy.Expr, sympy.Expr]:
    return {letter: _adding_to_one(head, value) for letter, value in {**derived, **meaning}.items()}


def _updated(
    says: str,
    claimed: sympy.Expr,
    gradient: sympy.Expr,
    *,
    l2: sympy.Expr = sympy.S.Zero,
    decay: sympy.Expr = sympy.S.Zero,
) -> Step:
    after, _ = update(RULES["sgd"], w, gradient, {}, step=1, lr=LR, l2=l2, decay=decay)
    new = sympy.Symbol("w_jk'")
    return Step(says=says, left=new, right=claimed, where=({new: after},))


def _agreeing_decay(gradient: sympy.Expr) -> sympy.Expr:
    step = partial(update, RULES["sgd"], w, gradient, {}, step=1, lr=LR)
    (solution,) = sympy.solve(step(l2=L2)[0] - step(decay=DECAY)[0], DECAY)
    return solution


def _gap(share: float, lr: float = 0.5, l2: float = 0.01) -> float:
    """Both twins of a small logistic network on random data, by back-propagation written out."""
    random = np.random.default_rng(11)
    rows, targets = random.normal(size=(30, 2)), random.uniform(0.1, 0.9, size=(30, 2))
    start = random.normal(size=8)

    def gradient(weights: Weights, _: int) -> Weights:
        to_hidden, to_output = weights[:4].reshape(2, 2), weights[4:].reshape(2, 2)
        units = np.tanh(rows @ to_hidden)
        outputs = 1 / (1 + np.exp(-units @ to_output))
        signals = (outputs - targets) * outputs * (1 - outputs) / len(rows)
        hidden_signals = signals @ to_output.T * (1 - units**2)
        return np.concatenate([(rows.T @ hidden_signals).ravel(), (units.T @ signals).ravel()])

    with_l2 = run(RULES["sgd"], start, gradient, 500, lr=lr, l2=l2)
    with_decay = run(RULES["sgd"], start, gradient, 500, lr=lr, decay=share * lr * l2)
    return apart(with_l2, with_decay)

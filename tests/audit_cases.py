"""What each check must say of trainings on either side of every line that it draws: one row a claim.

A row is the check's code, the training, and all that is said of it: severity, where, and the message to the letter.
The mutants in `test_mutants.py` break the checks one at a time; these rows must notice each.
"""

import math
from dataclasses import replace

import torch

from audit_built import (
    beside,
    called_in_parts,
    keeping,
    normalized,
    penalized,
    penalized_in_part,
    rounded,
    sparse,
    twice,
)
from audit_made import bias, group, live, norm, planned, table, training, vector, weight
from halflife.audit._calls import Call
from halflife.audit._training import Kind
from halflife.probe import Defect, Evidence
from halflife.probe._report import SecondDecay
from halflife.rules import Law

E, W, N, S = "error", "warning", "note", "skipped"
ADAPTIVE = {"law": Law.L2, "decay": None, "enters_preconditioner": True}
FROZEN = {"trainable": False}


def heavy(pull, momentum=0.9, **more):
    """L2 under momentum whose pull ηλ is this, by a gain of 1/(1−μ)."""
    gain = 1 / (1 - momentum)
    return group(Law.L2, pull, lr=1.0, momentum=momentum, gain=gain, decay=pull * gain, **more)


def adam(*names, gradient, **more):
    members, state, settings = live(torch.optim.Adam, names, gradient, lr=0.01, eps=0.0)
    made = group(Law.L2, 0.1, *members, decay=None, enters_preconditioner=True)
    return training(made, state=state, settings=settings, **more)


SET = 'optimizer.param_groups[{}]["weight_decay"] = {}'
REMOVES = "weight_decay=0.1 at lr 0.01 removes {} of a weight over 1,000 steps; its half-life is {} steps."
NO_SPREAD = (S, "", "the spread over the parameters needs an optimizer that has taken steps")
JOINS = "weight_decay=0.1 joins the gradient and is divided by its size."
APART = """weights = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim < 2]
groups = [{"params": weights, "weight_decay": 0.1},
    {"params": vectors, "weight_decay": 0.0}]
optimizer = type(optimizer)(groups, lr=0.01)"""
LEFT = "in {}, {} of the decay is left at weight_decay={:g}, lr 0.01."
FADES = "{} of the decay falls in the first half of 1,000 steps."
CARRIES = "momentum {} carries a gradient {} times as far: α is 0.001 a step, where lr times weight_decay is 0.001."
SLOW = {"lr": 0.001, "decay": 1e-4, "index": 0}


def fast(factor, **more):
    return group(lr=0.001 * factor, decay=1e-4 * factor, index=1, **more)


CASES = [
    # no effect: under 0.1 % a warning, under 1 % a note; laws without a share are not judged
    ("HL001", lambda: training(planned(0.00095)), [(W, "group 0", REMOVES.format("0.095 %", "729,282"),
      SET.format(0, 110) + "  # 1/α is the run")]),
    ("HL001", lambda: training(planned(0.00105)), [(N, "group 0", REMOVES.format("0.11 %", "659,794"))]),
    ("HL001", lambda: training(planned(0.0095)), [(N, "group 0", REMOVES.format("0.95 %", "72,616"))]),
    ("HL001", lambda: training(planned(0.0105)), []),
    ("HL001", lambda: training(planned(0.0, lr=0.0)),
     [(W, "group 0", "weight_decay=0.1 at lr 0 removes 0 % of a weight over 1,000 steps.",
       "")]),
    ("HL001", lambda: training(replace(planned(0.00095), decay=None)),
     [(W, "group 0", "weight_decay=0.1 at lr 0.01 removes 0.095 % of a weight over 1,000 steps.")]),
    ("HL001", lambda: training(group(decays=None)), []),
    ("HL001", lambda: training(planned(0.5, law=Law.NONE), planned(0.0, law=Law.UNKNOWN)), []),
    ("HL001", lambda: training(planned(0.0, law=Law.NONE), planned(0.0, law=Law.GROWTH)), []),
    ("HL001", lambda: training(planned(1e-4, strength=0.0)), []),
    ("HL001", lambda: training(replace(planned(1e-4), members=())), []),
    ("HL001", lambda: training(planned(0.5), steps=None), [(S, "", "needs steps")]),
    # a no-op, by law or by defect
    ("HL002", lambda: training(group(Law.NONE)), [(E, "group 0", "weight_decay=0.1 changes nothing in Made.")]),
    ("HL002", lambda: training(group(Law.UNKNOWN, defects=(Defect.NO_EFFECT,))),
     [(E, "group 0", "weight_decay=0.1 changes nothing in Made.")]),
    ("HL002", lambda: training(group(), group(Law.NONE, 0.0)), []),
    # L2 through an adaptive optimizer, and how far its decay is spread
    ("HL003", lambda: training(group(**ADAPTIVE)), [(W, "group 0", JOINS), NO_SPREAD]),
    ("HL003", lambda: adam("loud", "quiet", gradient=(10, 0.01)),
     [(W, "group 0", JOINS + " quiet feels 1,000 times what loud feels (0.1 and 0.0001 a step).")]),
    ("HL003", lambda: adam("only", gradient=(1,)), [(W, "group 0", JOINS), NO_SPREAD]),
    ("HL003", lambda: adam("loud", "quiet", "new", gradient=(10, 0.01, None)),
     [(W, "group 0", JOINS + " quiet feels 1,000 times what loud feels (0.1 and 0.0001 a step).")]),
    ("HL003", lambda: training(group(Law.L2), group(), group(Law.TRUST_RATIO, enters_preconditioner=True)), []),
    # rounding, in the dtype of the weights: bfloat16 keeps large decays, float32 small ones, no dtype a tiny one
    ("HL004", lambda: rounded("bfloat16", 0.1), [(E, "group 0", LEFT.format("bfloat16", "0 %", 0.1),
                                                  "halflife.regularize(optimizer, decay=0.001)")]),
    ("HL004", lambda: rounded("bfloat16", 0.2), [(W, "group 0", LEFT.format("bfloat16", "7.8 %", 0.2))]),
    ("HL004", lambda: rounded("bfloat16", 1.0), []),
    ("HL004", lambda: rounded("float32", 0.1), []),
    ("HL004", lambda: rounded("float64", 1e-9), []),
    ("HL004", lambda: rounded("float32", 1e-6, decay=None), [(E, "group 0", LEFT.format("float32", "0 %", 1e-6), "")]),
    ("HL004", lambda: rounded("float16", 0.1),
     [(S, "", "needs an optimizer that can be run in float16 on weights of that dtype alone")]),
    ("HL004", lambda: keeping(0.047), [(E, "group 0", LEFT.format("float32", "4.7 %", 0.1))]),
    ("HL004", lambda: keeping(0.053), [(W, "group 0", LEFT.format("float32", "5.3 %", 0.1))]),
    ("HL004", lambda: keeping(0.47), [(W, "group 0", LEFT.format("float32", "47.1 %", 0.1))]),
    ("HL004", lambda: keeping(0.53), []),
    ("HL004", lambda: keeping(0.6, noise=1e-3), []),
    ("HL004", lambda: keeping(0.6, noise=1.0), [(E, "group 0", LEFT.format("float32", "0 %", 0.1))]),
    ("HL004", lambda: rounded("float32", 1e-17), [(E, "group 0", LEFT.format("float32", "0 %", 1e-17))]),
    ("HL004", lambda: rounded("float64", 1e-17), []),
    ("HL004", lambda: keeping(-0.3), [(E, "group 0", LEFT.format("float32", "0 %", 0.1))]),
    ("HL004", lambda: keeping(math.nan),
     [(S, "", "needs an optimizer that can be run in float32 on weights of that dtype alone")]),
    ("HL004", lambda: rounded("bfloat16", 0.1, law=Law.UNKNOWN), []),
    ("HL004", lambda: rounded("bfloat16", 0.0), []),
    ("HL004", lambda: rounded("bfloat16", 0.1, trainable=False), []),
    ("HL004", lambda: training(group()), [(S, "", "needs a torch optimizer whose law is known")]),
    ("HL004", lambda: training(group(Law.NONE, 0.0)), []),
    # a penalty in the loss: on squares, however small, and on nothing else
    ("HL005", lambda: penalized(lambda w, v: 0.05 * (w * w).sum()),
     [(W, "group 0", "the loss holds a penalty with λ = 0.1 on w, and weight_decay=0.1 regularizes the same weights.",
       "optimizer.param_groups[0][\"weight_decay\"] = 0  # the penalty stays")]),
    ("HL005", lambda: penalized(lambda w, v: 1e-4 * w.norm() ** 2 + 0.5e-4 * v.square().sum()),
     [(W, "group 0", "the loss holds a penalty with λ = 0.0002 on w, v, and weight_decay=0.1 regularizes the same "
       "weights.")]),
    ("HL005", lambda: penalized(lambda w, v: 0.0), []),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * w.abs().sum()), []),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * w.norm()), []),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * (w * w).sum() ** 2), []),
    ("HL005", lambda: penalized(lambda w, v: -0.01 * (w * w).sum()), []),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * (w + 1e-3).square().sum()), []),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * (w + 1e-6).square().sum() + 0.005 * v.square().sum()),
     [(W, "group 0", "the loss holds a penalty with λ = 0.02 on w, v, and weight_decay=0.1 regularizes the same "
       "weights.")]),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * w.square().sum(), frozen=True), []),
    ("HL005", lambda: penalized(lambda w, v: w @ v),
     [(S, "", "the loss cannot be differentiated here (RuntimeError: mat1 and mat2 shapes cannot be multiplied "
       "(4x3 and 4x2))")]),
    ("HL005", lambda: penalized(lambda w, v: 0.0, device="meta"),
     [(S, "", "needs real weights, not those of the meta device")]),
    ("HL005", lambda: penalized(lambda w, v: 0.01 * v.square().sum() + 0.01 * w.square().sum(), empty=True),
     [(W, "group 0", "the loss holds a penalty with λ = 0.02 on v, and weight_decay=0.1 regularizes the same "
       "weights.")]),
    ("HL005", lambda: penalized_in_part(4200), []),
    ("HL005", lambda: penalized_in_part(4900),
     [(W, "group 0", "the loss holds a penalty with λ = 0.02 on w, and weight_decay=0.1 regularizes the same "
       "weights.")]),
    ("HL005", lambda: sparse(), []),
    ("HL005", lambda: training(group()), [(S, "", "needs loss")]),
    # scale-invariance: of what is normalized, and not of what has no influence
    ("HL008", lambda: normalized(), [(N, "group 0", "1 of 2 decayed weights are scale-invariant: 0.weight.")]),
    ("HL008", lambda: normalized(eps=0.05), []),
    ("HL008", lambda: normalized(gain=0.0), []),
    ("HL008", lambda: normalized(frozen=True), []),
    ("HL008", lambda: normalized(kind=Kind.EMBEDDING), []),
    ("HL008", lambda: normalized(example=torch.ones(2)),
     [(S, "", "the model cannot be called on example_input (RuntimeError: mat1 and mat2 shapes cannot be multiplied "
       "(1x2 and 4x6))")]),
    ("HL008", lambda: normalized(device="meta"), [(S, "", "needs real weights, not those of the meta device")]),
    ("HL008", lambda: training(group()), [(S, "", "needs model and example_input")]),
    ("HL008", lambda: called_in_parts(), [(N, "group 0", "3 of 7 decayed weights are scale-invariant: a, c, d.")]),
    ("HL008", lambda: training(group(), model=1, calls=(Call.on(1, 1),)), [(S, "", "needs a torch module")]),
    ("HL008", lambda: called_in_parts(whole=True),
     [(S, "", "the model's output holds no floating-point tensor")]),
    ("HL008", lambda: called_in_parts(meta=True),
     [(S, "", "needs real weights, not those of the meta device")]),
    # biases and norms are a warning; other vectors too if nobody knows what they are; frozen and spared ones silent
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, weight(), bias())),
     [(W, "group 0", "weight_decay=0.1 decays 1 bias: b.", APART)]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, norm(), norm("m"), bias(), bias("c"))),
     [(W, "group 0", "weight_decay=0.1 decays 2 biases, 2 norm parameters: b, c, n, m.")]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, norm(), weight(), vector())),
     [(W, "group 0", "weight_decay=0.1 decays 1 norm parameter, 1 other 1-D parameter: n, v.")]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, vector())),
     [(N, "group 0", "weight_decay=0.1 decays 1 other 1-D parameter: v.", "")]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, vector()), named=False),
     [(W, "group 0", "weight_decay=0.1 decays 1 other 1-D parameter: v.")]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, weight(), bias(**FROZEN), table())), []),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, bias(), spares_vectors=True), group(Law.NONE, 1.0, bias())),
     []),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.0, bias())), []),
    # embeddings, tied or not, with what is left of a row that never occurs
    ("HL007", lambda: training(group(Law.DECOUPLED, 0.1, weight(), table())),
     [(N, "group 0", "weight_decay=0.1 decays t.")]),
    ("HL007", lambda: training(replace(planned(0.75), members=(table(aliases=("head",)), table("u")))),
     [(N, "group 0", "weight_decay=0.1 decays t, u (t tied to another layer); a row that never occurs keeps 25.0 % "
       "over the run.")]),
    ("HL007", lambda: training(group(Law.DECOUPLED, 0.1, weight(), table(**FROZEN)), group(Law.NONE, 1, table())), []),
    # frozen: an error where it shrinks; without a gradient: a note once others have one
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(**FROZEN), none_gradient="decayed")),
     [(E, "group 0", "1 parameter is frozen and decayed (w).")]),
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(**FROZEN), weight("u", **FROZEN))),
     [(N, "group 0", "2 parameters are frozen, neither trained nor decayed (w, u).")]),
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(gradient=True, **FROZEN), zero_gradient="decayed")),
     [(E, "group 0", "1 parameter is frozen and decayed (w).")]),
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(gradient=True), weight("u"))),
     [(N, "group 0", "1 parameter is without a gradient so far: neither trained nor decayed (u).")]),
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(gradient=True), weight("u"), none_gradient="decayed")),
     [(N, "group 0", "1 parameter is without a gradient so far: decayed, not trained (u).")]),
    ("HL009", lambda: training(group(Law.DECOUPLED, 0.1, weight(gradient=True), weight("u", **FROZEN))),
     [(N, "group 0", "1 parameter is frozen, neither trained nor decayed (u).")]),
    ("HL009", lambda: training(group(), group(Law.NONE, 1.0, weight(**FROZEN)), group(Law.L2, 0.0, weight(**FROZEN))),
     []),
    # in no group: what is trainable, and once there are gradients what has one
    ("HL010", lambda: training(group(), model=1, outside=(weight("u"), bias(**FROZEN))),
     [(W, "model", "1 trainable parameter is in no group: u.")]),
    ("HL010", lambda: training(group(), model=1, outside=(weight("u"), bias())),
     [(W, "model", "2 trainable parameters are in no group: u, b.")]),
    ("HL010", lambda: training(group(Law.DECOUPLED, 0.1, weight(gradient=True)), model=1, outside=(weight("u"),)), []),
    ("HL010", lambda: training(group(), model=1, outside=(weight("u"), bias(gradient=True))),
     [(W, "model", "1 trainable parameter is in no group: b.")]),
    ("HL010", lambda: training(group(), model=1, outside=(weight("u"),), overlap=False),
     [(W, "model", "Made holds none of the model's 1 trainable parameters: it trains another model, or copies that "
       "were made before this one's were replaced.")]),
    ("HL010", lambda: training(group(), model=1, overlap=False), []),
    ("HL010", lambda: training(group(), outside=(weight("u"),)), [(S, "", "needs model")]),
    # held twice, in one group or two
    ("HL011", lambda: twice(0, 1), [(E, "group 0 and group 1", "held more than once: u.")]),
    ("HL011", lambda: twice(1, 1), [(E, "group 1", "held more than once: u.")]),
    ("HL011", lambda: twice(0), []),
    # fades: more than 70 % in the first half
    ("HL012", lambda: training(planned(0.5, 0.69), schedule=1), []),
    ("HL012", lambda: training(planned(0.5, 0.71), schedule=1), [(N, "group 0", FADES.format("71.0 %"))]),
    ("HL012", lambda: training(planned(0.5, 0.0), planned(0.0), group(), schedule=1), []),
    ("HL012", lambda: training(planned(0.5, 0.9)), [(S, "", "needs schedule")]),
    ("HL012", lambda: training(planned(0.5, 0.9), schedule=1, steps=None), [(S, "", "needs steps")]),
    # one strength, several lr: more than twice as fast
    ("HL013", lambda: training(group(**SLOW), fast(1.95)), []),
    ("HL013", lambda: training(fast(2.05), group(**SLOW)),
     [(N, "group 0 and group 1", "both have weight_decay=0.1; at lr 0.001 and 0.00205 the second decays 2.05 times as "
       "fast (0.0001 and 0.0002 a step).", SET.format(0, 0.205) + "  # as fast as group 1")]),
    ("HL013", lambda: training(group(**SLOW), fast(1.5), replace(fast(4.0), index=2)),
     [(N, "group 0 and group 2", "both have weight_decay=0.1; at lr 0.001 and 0.004 the second decays 4 times as fast "
       "(0.0001 and 0.0004 a step).")]),
    ("HL013", lambda: training(group(**SLOW), fast(4.0, strength=0.2)), []),
    ("HL013", lambda: training(group(**SLOW), replace(fast(4.0), lr=0.001)), []),
    ("HL013", lambda: training(group(**SLOW), replace(fast(9.0), decay=None)), []),
    ("HL013", lambda: training(group(**SLOW), replace(fast(9.0), decay=0.0)), []),
    # L2 under momentum: carried more than 1.5 times as far
    ("HL014", lambda: training(group(Law.L2, momentum=0.3, gain=1.45)), []),
    ("HL014", lambda: training(group(Law.L2, momentum=0.4, gain=1.55)),
     [(N, "group 0", CARRIES.format("0.4", "1.55"))]),
    ("HL014", lambda: training(group(Law.DECOUPLED, momentum=0.9, gain=10.0), group(Law.L2, gain=10.0)), []),
    ("HL014", lambda: training(group(Law.L2, momentum=0.9, gain=10.0, decay=None)), []),
    # oscillates: between (1−√0.9)² = 0.002633 and 2(1+0.9)
    ("HL015", lambda: training(heavy(0.0026)), []),
    ("HL015", lambda: training(heavy(0.0027)),
     [(W, "group 0", "ηλ = 0.0027 is above (1−√μ)² = 0.00263 at momentum 0.9.",
       SET.format(0, 0.0026) + "  # no swing")]),
    ("HL015", lambda: training(heavy(3.7)), [(W, "group 0", "ηλ = 3.7 is above (1−√μ)² = 0.00263 at momentum 0.9.")]),
    ("HL015", lambda: training(heavy(3.9)), []),
    ("HL015", lambda: training(group(Law.DECOUPLED, 1.0, lr=1.0, momentum=0.9), heavy(1.5, momentum=0.0)), []),
    # unstable: ηλ from 2(1+μ) on, α from 1 on
    ("HL016", lambda: training(heavy(3.75)), []),
    ("HL016", lambda: training(heavy(3.85)), [(E, "group 0", "ηλ = 3.85 is not below 2(1+μ) = 3.8.")]),
    ("HL016", lambda: training(heavy(1.95, momentum=0.0)), []),
    ("HL016", lambda: training(heavy(2.0, momentum=0.0)), [(E, "group 0", "ηλ = 2 is not below 2(1+μ) = 2.")]),
    ("HL016", lambda: training(group(Law.CONSTANT, 1.0, decay=1.0)),
     [(E, "group 0", "α = 1: a step removes the whole weight (weight_decay=1, lr 0.01).")]),
    ("HL016", lambda: training(group(Law.CONSTANT, 0.97, decay=0.97), group(Law.UNKNOWN, 9.0, decay=None)), []),
    ("HL016", lambda: training(replace(heavy(9.0, enters_preconditioner=True), decay=9.0)), []),
    # grows: by the optimizer's sign or the user's; two wrongs shrink
    ("HL017", lambda: training(group(Law.GROWTH, decay=-0.002)),
     [(E, "group 0", "weight_decay=0.1 makes the weights grow by 0.002 a step.", "")]),
    ("HL017", lambda: training(group(Law.GROWTH, decay=None)),
     [(E, "group 0", "weight_decay=0.1 makes the weights grow.")]),
    ("HL017", lambda: training(group(Law.DECOUPLED, -0.1, decay=-0.001)),
     [(E, "group 0", "weight_decay=-0.1 makes the weights grow by 0.001 a step.",
       SET.format(0, 0.1) + "  # shrinks them")]),
    ("HL017", lambda: training(group(Law.DECOUPLED, -0.1, decay=0.0)),
     [(E, "group 0", "weight_decay=-0.1 makes the weights grow.")]),
    ("HL017", lambda: training(group(Law.GROWTH, -0.1), group(), group(Law.NONE, -1.0)), []),
    # broken: defects without a check of their own, unknown laws, second decays
    ("HL018", lambda: training(group(defects=(Defect.PARTIAL_REACH, Defect.GROWTH, Defect.WRONG_GROUP))),
     [(E, "group 0", f"Made: {Defect.PARTIAL_REACH.value}."), (E, "group 0", f"Made: {Defect.WRONG_GROUP.value}.")]),
    ("HL018", lambda: training(group(Law.L2, 0.0, defects=(Defect.PARTIAL_REACH,)), group(Law.UNKNOWN, 0.0)), []),
    ("HL018", lambda: training(group(defects=(Defect.NO_EFFECT, Defect.LOST_IN_PRECISION))), []),
    ("HL018", lambda: training(group(Law.UNKNOWN, evidence=(Evidence(experiment="x", outcome="even"),
                                                              Evidence(experiment="y", outcome="odd")))),
     [(N, "group 0", "how weight_decay enters could not be established (odd).")]),
    ("HL018", lambda: training(group(Law.UNKNOWN)),
     [(N, "group 0", "how weight_decay enters could not be established.")]),
    ("HL018", lambda: training(group(Law.L2, 0.0, second_decay=SecondDecay(decay=0.01, argument="x", value=1.0))),
     [(N, "group 0", "a second decay by x removes 0.01 of the weights a step.")]),
    ("HL018", lambda: training(group(second_decay=SecondDecay(decay=0.01, argument=None, value=None))),
     [(N, "group 0", "a second decay removes 0.01 of the weights a step.")]),
    # exclusions beside those of timm, nanoGPT and Hugging Face
    ("HL019", lambda: beside(weight("a"), bias("b.bias")),
     [(N, "model", "2 tensors are decayed and 0 spared. timm, nanoGPT, Hugging Face spare 1 more (b.bias).")]),
    ("HL019", lambda: beside(weight("a"), bias("b"), bias("f", **FROZEN),
                             spared=(weight("x"), weight("y"), weight("z"))),
     [(N, "model", "2 tensors are decayed and 3 spared. timm, nanoGPT spare 1 more (b) and decay 3 more (x, y and 1 "
       "more); Hugging Face decay 3 more (x, y and 1 more).")]),
    ("HL019", lambda: beside(weight("a"), spared=(bias("b.bias"), norm("c", owner="LayerNorm"))), []),
    ("HL019", lambda: beside(weight("a"), weight("odd.bias"), spared=(vector(),)),
     [(N, "model", "2 tensors are decayed and 1 spared. timm spare 1 more (odd.bias); nanoGPT do the same; "
       "Hugging Face spare 1 more (odd.bias) and decay 1 more (v).")]),
    ("HL019", lambda: beside(weight("a"), weight("n", owner="LayerNorm"), weight("q_norm.w"), weight("norm"),
                             spared=(table("emb"),)),
     [(N, "model", "4 tensors are decayed and 1 spared. timm, nanoGPT decay 1 more (emb); Hugging Face spare 3 more "
       "(n, q_norm.w and 1 more) and decay 1 more (emb).")]),
    ("HL019", lambda: beside(weight("a"), bias("b", **FROZEN), weight("f", (4,), Kind.FLAT)), []),
    ("HL019", lambda: training(group(Law.DECOUPLED, 0.0, weight("a"), bias("b")), model=1), []),
    ("HL019", lambda: training(group(Law.DECOUPLED, 0.1, bias())), [(S, "", "needs model")]),
]  # fmt: skip


def said(check, training):
    """All that a check says, as a row has it."""
    return [
        (str(each.severity), each.where, each.message, each.fix)
        if hasattr(each, "severity")
        else (S, "", each.reason, "")
        for each in check.ask(training)
    ]


def agrees(check, training, expected):
    """Whether a check says what a row expects; a row without code to paste does not look at that."""
    try:
        found = said(check, training)
    except Exception:  # a wrong twin that breaks down is noticed
        return False
    return [f[: len(e)] for f, e in zip(found, expected, strict=False)] == expected and len(found) == len(expected)

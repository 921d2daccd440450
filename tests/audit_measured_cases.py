"""Rows of checks that run something: weights to round, a loss to differentiate, a model to call."""

import math

import torch

from audit_built import (
    called_in_parts,
    chance,
    keeping,
    normalized,
    penalized,
    penalized_in_part,
    rounded,
    sparse,
    unpenalized,
)
from audit_made import FROZEN, SHAPELESS, E, N, S, W, flat, group, training, weight
from halflife.audit._calls import Call
from halflife.audit._training import Kind
from halflife.rules import Law

LEFT = "in {}, {} of the decay is left at weight_decay={:g}, lr 0.01."

MEASURED = [
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
    ("HL005", lambda: unpenalized(lambda: 1.0),
     [(S, "", "the loss cannot be differentiated here (TypeError: it returned a float, no tensor)")]),
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
    ("HL005", lambda: chance(), []),
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
    ("HL008", lambda: training(group(Law.DECOUPLED, 0.1, flat(), weight(**FROZEN)), model=1, calls=()), [SHAPELESS]),
    ("HL008", lambda: training(group(Law.DECOUPLED, 0.1, flat(**FROZEN)), model=1, calls=()), []),
    ("HL008", lambda: training(group(), model=1, calls=(Call.on(1, 1),)), [(S, "", "needs a torch module")]),
    ("HL008", lambda: called_in_parts(whole=True),
     [(S, "", "the model's output holds no floating-point tensor")]),
    ("HL008", lambda: called_in_parts(meta=True),
     [(S, "", "needs real weights, not those of the meta device")]),
]  # fmt: skip

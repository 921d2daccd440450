"""Rows of checks that ask which parameters a group holds."""

from dataclasses import replace

from audit_built import beside, twice
from audit_made import FROZEN, SHAPELESS, E, N, S, W, bias, flat, group, norm, planned, table, training, vector, weight
from halflife.rules import Law

APART = """weights = [p for p in model.parameters() if p.ndim > 1]
vectors = [p for p in model.parameters() if p.ndim < 2]
groups = [{"params": weights, "weight_decay": 0.1},
    {"params": vectors, "weight_decay": 0.0}]
optimizer = type(optimizer)(groups, lr=0.01)"""


PARAMETER = [
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
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, weight(), flat(**FROZEN))), []),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, weight("w", (0, 0)))), [SHAPELESS]),
    ("HL006", lambda: training(group(Law.DECOUPLED, 0.1, flat(), bias())),
     [SHAPELESS, (W, "group 0", "weight_decay=0.1 decays 1 bias: b.")]),
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
    ("HL019", lambda: beside(weight("a"), bias("b", **FROZEN), flat()), []),
    ("HL019", lambda: training(group(Law.DECOUPLED, 0.0, weight("a"), bias("b")), model=1), []),
    ("HL019", lambda: training(group(Law.DECOUPLED, 0.1, bias())), [(S, "", "needs model")]),
]  # fmt: skip

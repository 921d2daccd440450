"""Rows of checks that judge a group by its law and its numbers."""

from dataclasses import replace

import torch

from audit_made import SET, E, N, S, W, group, live, planned, training
from halflife.probe import Defect, Evidence
from halflife.probe._report import SecondDecay
from halflife.rules import Law

ADAPTIVE = {"law": Law.L2, "decay": None, "enters_preconditioner": True}
REMOVES = "weight_decay=0.1 at lr 0.01 removes {} of a weight over 1,000 steps; its half-life is {} steps."
NO_SPREAD = (S, "", "the spread over the parameters needs an optimizer that has taken steps")
JOINS = "weight_decay=0.1 joins the gradient and is divided by its size."
FADES = "{} of the decay falls in the first half of 1,000 steps."
CARRIES = "momentum {} carries a gradient {} times as far: α is 0.001 a step, where lr times weight_decay is 0.001."
SLOW = {"lr": 0.001, "decay": 1e-4, "index": 0}


def heavy(pull, momentum=0.9, **more):
    """L2 under momentum whose pull ηλ is this, by a gain of 1/(1−μ)."""
    gain = 1 / (1 - momentum)
    return group(Law.L2, pull, lr=1.0, momentum=momentum, gain=gain, decay=pull * gain, **more)


def adam(*names, gradient, **more):
    members, state, settings = live(torch.optim.Adam, names, gradient, lr=0.01, eps=0.0)
    made = group(Law.L2, 0.1, *members, decay=None, enters_preconditioner=True)
    return training(made, state=state, settings=settings, **more)


def fast(factor, **more):
    return group(lr=0.001 * factor, decay=1e-4 * factor, index=1, **more)


STRENGTH = [
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
    ("HL002", lambda: training(group(unread={"wd": 0.0})),
     [(W, "group 0", "wd=0 is a setting that Made does not have; what acts is weight_decay=0.1.",
       SET.format(0, 0) + "  # what wd says")]),
    ("HL002", lambda: training(group(Law.DECOUPLED, 0.0, unread={"wd": 0.1, "l2": 0.0})),
     [(W, "group 0", "wd=0.1 is a setting that Made does not have; what acts is weight_decay=0.")]),
    ("HL002", lambda: training(group(unread={"wd": 0.1})), []),
    # L2 through an adaptive optimizer, and how far its decay is spread
    ("HL003", lambda: training(group(**ADAPTIVE)), [(W, "group 0", JOINS), NO_SPREAD]),
    ("HL003", lambda: adam("loud", "quiet", gradient=(10, 0.01)),
     [(W, "group 0", JOINS + " quiet feels 1,000 times what loud feels (0.1 and 0.0001 a step).")]),
    ("HL003", lambda: adam("only", gradient=(1,)), [(W, "group 0", JOINS), NO_SPREAD]),
    ("HL003", lambda: adam("loud", "quiet", "new", gradient=(10, 0.01, None)),
     [(W, "group 0", JOINS + " quiet feels 1,000 times what loud feels (0.1 and 0.0001 a step).")]),
    ("HL003", lambda: training(group(Law.L2), group(), group(Law.TRUST_RATIO, enters_preconditioner=True)), []),
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
]  # fmt: skip

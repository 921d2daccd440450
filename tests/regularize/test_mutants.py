"""Wrong twins of the doors' arithmetic, each one edit away from the right one: the tests beside this file notice all."""  # noqa: E501

import inspect
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from halflife import Law
from halflife.regularize import _arithmetic, _ask, _attach, _checkpoint, _hooks, _native, _selection
from regularize import test_conduct, test_laws, test_precision, test_resume, test_steps, test_where
from regularize.by_hand import DECAY

OWN = (torch.optim.AdamW, {}, Law.INDEPENDENT, "set anew")
SHARES = (lambda s: DECAY * s, lambda s: DECAY * s**2)
SCALED = partial(test_conduct.test_a_gradient_scaler_changes_nothing_and_an_overflow_skips_the_decay, fused=True)
KEPT = partial(test_precision.test_a_decay_below_half_a_gap_is_kept, steps=120)
SPARED = partial(test_where.test_weights_spares_biases_norms_and_embeddings, known="by model", scheduled=False)
JUDGES = [
    *(
        partial(test_steps.test_decay_follows_a_schedule_as_its_law_says, law=law, share=share, cls=cls)
        for law, share in ((Law.DECOUPLED, SHARES[0]), (Law.INDEPENDENT, SHARES[0]), (Law.CORRECTED, SHARES[1]))
        for cls in (torch.optim.SGD, torch.optim.AdamW)
    ),
    test_steps.test_decay_follows_a_function_of_the_step,
    test_steps.test_decay_towards_given_weights,
    test_steps.test_proximal_decay_divides_the_new_weights,
    *(partial(test_steps.test_cautious_decay_acts_where_the_step_goes_the_same_way, goal=goal) for goal in (0.0, 0.5)),
    *(partial(test_steps.test_cautious_decay_acts_where_nothing_moves, goal=goal) for goal in (0.0, 0.5)),
    test_steps.test_l1_makes_true_zeros_beside_decay,
    partial(test_steps.test_both_doors_at_once, law=Law.DECOUPLED, cls=torch.optim.SGD),
    partial(test_steps.test_both_doors_at_once, law=Law.PROXIMAL, cls=torch.optim.SGD),
    partial(
        test_steps.test_a_sparse_gradient_is_penalized_in_its_rows_and_all_rows_decay,
        cls=torch.optim.SGD,
        request_={"l2": 0.3, "decay": 0.02},
    ),
    partial(test_steps.test_maximizing_optimizers_are_pulled_to_zero_all_the_same, law=Law.L2, cls=torch.optim.Rprop),
    partial(test_where.test_what_is_spared_is_spared_by_both_doors, cls=torch.optim.AdamW, scheduled=False),
    test_conduct.test_l2_through_hooks_leaves_the_gradient_as_it_was,
    test_conduct.test_a_parameter_without_gradient_is_left_alone_and_one_with_zero_gradient_is_not,
    partial(
        test_conduct.test_a_closure_sees_the_weights_before_they_are_decayed, strength={"decay": 0.02}, by_name=False
    ),
    partial(SCALED, strength={"l2": 0.3, "toward": "ones"}),
    partial(SCALED, strength={"decay": 0.02, "toward": "ones"}),
    test_conduct.test_half_life_is_the_steps_in_which_an_untouched_weight_halves,
    partial(test_laws.test_the_optimizers_own_argument_serves_where_it_is_the_same_thing, *OWN),
    partial(SPARED, cls=torch.optim.RMSprop),
    test_where.test_patterns_have_strengths_of_their_own,
    partial(KEPT, rounding="compensated"),
    partial(KEPT, rounding="stochastic"),
    *(partial(test_resume.test_resuming_gives_the_same_bits, case=case) for case in ("compensated", "stochastic")),
    partial(test_resume.test_a_copy_is_regularized_as_the_original_is, case="toward, L1", how="deepcopy"),
    test_resume.test_loading_the_beginning_forgets_what_was_lost_since,
    test_resume.test_a_checkpoint_without_halflife_does_not_undo_it,
]

MUTANTS = {
    "no decay": (_arithmetic, "torch._foreach_mul_(weights, 1 - share)", "pass"),
    "sign flipped": (_arithmetic, "torch._foreach_mul_(weights, 1 - share)", "torch._foreach_mul_(weights, 1 + share)"),
    "twice": (_arithmetic, "torch._foreach_mul_(weights, 1 - share)", "torch._foreach_mul_(weights, (1 - share) ** 2)"),
    "lr twice": (_hooks, "lr=group[door.lr_name], peak", "lr=group[door.lr_name] ** 2, peak"),
    "no lr": (_hooks, "lr=group[door.lr_name], peak", "lr=1.0, peak"),
    "peak is the lr of the step": (_hooks, "peak_lr=group[PEAK]", "peak_lr=group[door.lr_name] or 1.0"),
    "peak left out": (_hooks, "peak_lr=group[PEAK]", "peak_lr=1.0"),
    "dialed share not over lr": (_hooks, "share / lr if share else 0.0", "share if share else 0.0"),
    "after the step in place of before": (_hooks, "after = self.ask.law is Law.PROXIMAL", "after = True"),
    "before the step in place of after": (_hooks, "after = self.ask.law is Law.PROXIMAL", "after = False"),
    "proximal without its division": (_hooks, "share=share / (1 + share) if after else share", "share=share"),
    "schedule ignored": (_hooks, "scheduled(self.ask.schedule, group[STEPS], share)", "share"),
    "schedule a step ahead": (_hooks, "scheduled(self.ask.schedule, group[STEPS], share)", "scheduled(self.ask.schedule, group[STEPS] + 1, share)"),  # noqa: E501
    "steps not counted": (_hooks, "group[STEPS] += taken", "pass"),
    "toward ignored": (_hooks, "if self.targets else ()", "if False else ()"),
    "toward turned round": (_arithmetic, "_foreach_lerp_(weights, targets, share)", "_foreach_lerp_(weights, targets, -share)"),  # noqa: E501
    "L2 toward ignored": (_arithmetic, "        weights = into\n", "        pass\n"),
    "targets held, not copied": (_hooks, "[local(self.targets[p]) for p in live]", "[local(p).detach() for p in live]"),
    "cautious inverted": (_arithmetic, "(w / old).le_(1)", "(w / old).gt_(1)"),
    "cautious nowhere": (_arithmetic, "(w / old).le_(1)", "(w / old).le_(-1e9)"),
    "cautious everywhere": (_arithmetic, "(w / old).le_(1)", "(w / old).le_(1e9)"),
    "cautious not where nothing moves": (_arithmetic, "(w / old).le_(1)", "(w / old).lt_(1)"),
    "cautious towards weights not where nothing moves": (_arithmetic, ".mul_(pull).ge_(0)", ".mul_(pull).gt_(0)"),
    "cautious by the new weights": (_arithmetic, "pull = old - goal[0] if goal else old", "pull = w.clone()"),
    "cautious towards weights inverted": (_arithmetic, ".mul_(pull).ge_(0)", ".mul_(pull).lt_(0)"),
    "own L2 of the decayed weights": (_hooks, "/ (1 if self.ask.law is Law.PROXIMAL else 1 - share)", "/ 1"),
    "own L2 as if decayed before": (_hooks, "/ (1 if self.ask.law is Law.PROXIMAL else 1 - share)", "/ (1 - share)"),
    "own L2 for the decay too": (_hooks, "outside = native in (Native.NO, Native.PENALTY)", "outside = native is Native.NO"),  # noqa: E501
    "own L2 of the spared": (_hooks, "group.get(L2, 0.0) if door.parts else 0.0", "group.get(L2, 0.0)"),
    "L2 twice": (_hooks, "if penalty and native is not Native.PENALTY:", "if penalty:"),
    "L1 without lr": (_hooks, "threshold=lr * group[L1] * taken", "threshold=group[L1] * taken"),
    "L1 twice": (_hooks, "threshold=lr * group[L1] * taken", "threshold=2 * lr * group[L1] * taken"),
    "L1 by a hard threshold": (_arithmetic, "aten.softshrink.out(w", "aten.hardshrink.out(w"),
    "penalty halved": (_arithmetic, "torch.add(g, w, alpha=l2, out=place)", "torch.add(g, w, alpha=l2 / 2, out=place)"),
    "penalty's sign flipped": (_arithmetic, "torch.add(g, w, alpha=l2, out=place)", "torch.add(g, w, alpha=-l2, out=place)"),  # noqa: E501
    "penalty left in the gradient": (_hooks, 'self.undo.append(partial(setattr, p, "grad", p.grad))', "pass"),
    "maximize ignored": (_hooks, '(-1.0 if group.get("maximize") else 1.0)', "1.0"),
    "own decay besides": (_hooks, "elif native is Native.NO:\n            lent[door.key] = 0.0", "elif native is Native.NO:\n            lent[door.key] = strength"),  # noqa: E501
    "gradient scale ignored": (_hooks, "return 1.0 if scale is None else scale", "return 1.0"),
    "decayed in a skipped step": (_hooks, "return 1.0 if found is None else 1.0 - found.to(parameter.device)", "return 1.0"),  # noqa: E501
    "without gradient decayed": (_hooks, " if p.grad is not None]", "]"),
    "decayed before the closure": (_hooks, "if not callable(closure):", "if True:"),
    "wrong parameters": (_hooks, 'group["params"] if part.parameters is None', 'group["params"] if True'),
    "one strength for all patterns": (_hooks, "share * part.factor * taken", "share * taken"),
    "vectors decayed": (_selection, "if parameter.ndim < 2:", "if parameter.ndim < 0:"),
    "embeddings decayed": (_selection, 're.compile(r"Norm|Embedding")', 're.compile(r"Norm")'),
    "norms decayed": (_selection, 're.compile(r"Norm|Embedding")', 're.compile(r"Embedding")'),
    "lost in bf16": (_arithmetic, "torch.sub(value, weight, out=gone)", "gone.zero_()"),
    "given back with the wrong sign": (_arithmetic, "weight.float().add_(gone)", "weight.float().sub_(gone)"),
    "chance that rounds down": (_arithmetic, "(bits + noise)", "(bits + 0 * noise)"),
    "chance that rounds up": (_arithmetic, "(bits + noise)", "(bits + 0 * noise + 65535)"),
    "the same chance in every step": (_hooks, "4 * group.get(STEPS, 0) + phase", "phase"),
    "what is lost is not saved": (_checkpoint, "if p in lost:", "if p in {}:"),
    "what was lost before loading is kept": (_checkpoint, "lost.clear()", "pass"),
    "foreign checkpoints obeyed": (_checkpoint, "if not ours or key", "if key"),
    "targets left behind by a copy": (_attach, "hooks.targets.update(targets)", "pass"),
    "a half-life that is a timescale": (_ask, "decay_from_half_life(in_steps(half_life, steps_per_epoch))", "1 / in_steps(half_life, steps_per_epoch)"),  # noqa: E501
    "epochs taken for steps": (_ask, "number *= steps_per_epoch", "pass"),
    "any law taken for the asked one": (_native, "if report.law is ask.law and", "if"),
}  # fmt: skip


def twin(module, old, new, patch):
    """Put the module's functions, with one place of its source changed, in the stead of its own."""
    source = Path(inspect.getsourcefile(module)).read_text()
    assert source.count(old) == 1, f"{module.__name__} has {old!r} {source.count(old)} times"
    wrong = dict(vars(module))
    exec(compile(source.replace(old, new), module.__file__, "exec"), wrong)  # noqa: S102
    for name, made in list(wrong.items()):
        right = vars(module).get(name)
        if made is right or getattr(made, "__module__", "") != module.__name__:
            continue
        if inspect.isclass(made):
            wrong[name] = right  # whoever compares kinds and members must find the ones that others hold
            for key, value in vars(made).items():
                if inspect.isfunction(value) and key in vars(right) and value.__module__ == module.__name__:
                    patch.setattr(right, key, value)
        elif inspect.isfunction(made):
            for other in [m for key, m in list(sys.modules.items()) if key.startswith("halflife.regularize.")]:
                if vars(other).get(name) is right:
                    patch.setattr(other, name, made)


@pytest.fixture(scope="module")
def right():
    """Every judge is content with what is there, so that it is the twins that it notices."""
    for judge in JUDGES:
        judge()


@pytest.mark.usefixtures("right")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_twin_is_noticed(name, monkeypatch):
    """One of the tests fails on it, all of which pass on the right arithmetic."""
    monkeypatch.setattr(_native, "_known", dict(_native._known))
    twin(*MUTANTS[name], monkeypatch)
    for judge in JUDGES:
        try:
            judge()
        except AssertionError:
            return
    pytest.fail(f"nothing notices: {name}")

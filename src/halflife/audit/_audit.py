"""The audit itself: a training in, a frozen result out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from halflife._errors import BadInput
from halflife.audit._check import Check
from halflife.audit._checks import CHECKS
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._moments import effective_decay
from halflife.audit._result import Audit
from halflife.audit._training import Group, Parameter, Training
from halflife.rules import Law


def examine(training: Training, *, select: Sequence[str] | None = None, ignore: Sequence[str] = ()) -> Audit:
    """Ask a training all questions, or some of them.

    Args:
        training: what to look at.
        select: codes of the checks to run, or beginnings of them; all when None.
        ignore: codes of the checks to leave out.

    Raises:
        BadInput: a code belongs to no check.
    """
    said = [each for check in chosen_checks(select, ignore) for each in check.ask(training)]
    order = list(Severity)
    found = sorted((f for f in said if isinstance(f, Finding)), key=lambda f: (order.index(f.severity), f.code))
    return Audit(
        optimizer=training.name,
        steps=training.steps,
        steps_per_epoch=training.steps_per_epoch,
        groups=tuple(_plain_group(training, group) for group in training.groups),
        outside=tuple(_plain(p) for p in training.outside if p.trainable),
        findings=tuple(found),
        skipped=tuple(s for s in said if isinstance(s, Skipped)),
    )


def chosen_checks(select: Sequence[str] | None = None, ignore: Sequence[str] = ()) -> list[Check]:
    """The checks that are to run.

    Args:
        select: their codes, or beginnings of them; all when None.
        ignore: codes of those to leave out.

    Raises:
        BadInput: a code belongs to no check.
    """
    for code in (*(select or ()), *ignore):
        if not code or not any(check.code.startswith(code.upper()) for check in CHECKS):
            known = f"{CHECKS[0].code} to {CHECKS[-1].code}"
            raise BadInput(f"{code!r} is no check: the checks are {known}.")
    return [
        check for check in CHECKS if (select is None or _is_one(check.code, select)) and not _is_one(check.code, ignore)
    ]


def _is_one(code: str, of: Iterable[str]) -> bool:
    return any(code.startswith(each.upper()) for each in of)


def _plain_group(training: Training, group: Group) -> Group:
    return replace(group, members=tuple(_plain(p, decay=_decay(training, group, p)) for p in group.members))


def _plain(p: Parameter, decay: float | None = None) -> Parameter:
    return replace(p, tensor=None, decay=decay)


def _decay(training: Training, group: Group, p: Parameter) -> float | None:
    if not group.acts_on(p):
        return 0.0
    divided = group.law is Law.L2 and group.report.enters_preconditioner
    return effective_decay(training, group, p) if divided else group.decay

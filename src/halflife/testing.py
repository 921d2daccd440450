"""For the test suites of optimizer libraries: state the law of an optimizer, and have it held to it.

from halflife.testing import assert_law
from halflife import Law

def test_decay_is_decoupled():
    assert_law(MyAdamW, Law.DECOUPLED, lr=1e-3, weight_decay=0.1)
"""

from typing import Any

from halflife.probe import LawReport, probe
from halflife.rules import Law, Order


def assert_law(
    factory: Any,
    law: Law,
    /,
    *,
    order: Order | None = None,
    coefficient: float | None = None,
    tolerance: float = 1e-3,
    **arguments: Any,
) -> LawReport:
    """Probe an optimizer and fail, showing the evidence, unless it obeys the law and has no defect.

    Args:
        factory: whatever `halflife.probe` takes.
        law: the law that it should obey. GROWTH, SUBTRACTED_CONSTANT and NONE may be asked for; the defect that they
            are is then expected.
        order: when decay should act; not looked at when None.
        coefficient: the measured strength over the one asked for; not looked at when None.
        tolerance: of the coefficient, relative.
        arguments: what the factory is called with.

    Returns:
        The report, for further assertions.

    Raises:
        AssertionError: the law, order or coefficient is another, or a defect was found; the message is the report.
        BadInput: it cannot be probed.
    """
    report = probe(factory, **arguments)
    wrong = []
    if report.law is not law:
        wrong.append(f"the law is {report.law}, not {law}")
    if order is not None and report.order is not order:
        wrong.append(f"the order is {report.order}, not {order}")
    if coefficient is not None and (
        report.coefficient is None or abs(report.coefficient - coefficient) > tolerance * abs(coefficient)
    ):
        wrong.append(f"the coefficient is {report.coefficient}, not {coefficient}")
    expected = {Law.GROWTH: "GROWTH", Law.SUBTRACTED_CONSTANT: "SUBTRACTED_CONSTANT", Law.NONE: "NO_EFFECT"}.get(law)
    wrong += [f"{defect.name}: {defect.value}" for defect in report.defects if defect.name != expected]
    if wrong:
        raise AssertionError("; ".join(wrong) + f"\n\n{report}")
    return report


__all__ = ["assert_law"]

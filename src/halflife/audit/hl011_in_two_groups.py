"""HL011."""

from collections import Counter
from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Training, listed


class InTwoGroups(Check):
    """Parameters in a group twice, or in two.

    Looks for a tensor that the optimizer holds more than once.

    Why: it is stepped and decayed once for every time that it is held.

    Advice: list every parameter once; model.parameters() does that for tied weights, a list built by hand may not.

    Example: [*encoder.parameters(), *decoder.parameters()] where the two share an embedding.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding in all."""
        held = [(id(p.tensor), group.index, p.name) for group in training.groups for p in group.members]
        times = Counter(key for key, _, _ in held)
        twice = [(key, index, name) for key, index, name in held if times[key] > 1]
        if twice:
            where = " and ".join(f"group {index}" for index in sorted({index for _, index, _ in twice}))
            names = list({key: name for key, _, name in twice}.values())
            yield self.finding(Severity.ERROR, where, f"held more than once: {listed(names)}.")

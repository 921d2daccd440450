"""HL019."""

import re
from collections.abc import Callable, Iterator, Mapping

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Kind, Parameter, Training, listed

HUGGING_FACE = re.compile(r"bias|layernorm|rmsnorm|(?:^|\.)norm(?:$|\.)|_norm(?:$|\.)", re.IGNORECASE)

DECAYED_BY: Mapping[str, Callable[[Parameter], bool]] = {
    "timm": lambda p: len(p.shape) > 1 and not p.name.endswith(".bias"),
    "nanoGPT": lambda p: len(p.shape) > 1,
    "Hugging Face": lambda p: p.owner != "LayerNorm" and not HUGGING_FACE.search(p.name),
}
"""What each library would decay of a model: dimensions and `.bias`; dimensions; module class and name."""


class ExclusionsDiffer(Check):
    """Exclusions that differ from the usual ones.

    Puts the parameters that are decayed beside those that timm, nanoGPT and the Hugging Face Trainer would decay of
    the same model, and lists the differences. Embeddings and 1-D parameters that are neither biases nor norms are
    where the three differ among themselves.

    Why: the same strength on other parameters is another training.

    Advice: nothing, if it is meant. Else copy the groups of the recipe along with its numbers.

    Example: one group with everything in it, beside nanoGPT's two.
    """

    needs = (("model", "model"),)

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding in all."""
        reached = {p.name: g.acts_on(p) for g in training.groups for p in g.members if p.trainable}
        members = {p.name: p for g in training.groups for p in g.members if p.trainable and p.kind is not Kind.FLAT}
        if not any(reached.values()):
            return
        differing: dict[str, list[str]] = {}
        for library, decays in DECAYED_BY.items():
            more = [name for name, p in members.items() if reached[name] and not decays(p)]
            fewer = [name for name, p in members.items() if not reached[name] and decays(p)]
            parts = [f"spare {len(more)} more ({listed(more, 2)})"] if more else []
            parts += [f"decay {len(fewer)} more ({listed(fewer, 2)})"] if fewer else []
            differing.setdefault(" and ".join(parts) or "do the same", []).append(library)
        if differing.keys() != {"do the same"}:
            spared = sum(not each for each in reached.values())
            beside = "; ".join(f"{', '.join(libraries)} {does}" for does, libraries in differing.items())
            yield self.finding(
                Severity.NOTE, "model", f"{len(reached) - spared} tensors are decayed and {spared} spared. {beside}."
            )

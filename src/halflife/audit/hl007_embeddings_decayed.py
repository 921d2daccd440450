"""HL007."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Kind, Training, listed
from halflife.audit._words import percent


class EmbeddingsDecayed(Check):
    """Embeddings decayed.

    Names the embedding tables that a decay reaches.

    Why: a row whose token is not in a batch has a zero gradient and is decayed all the same, so rare tokens shrink.

    Advice: decide it: minGPT spares embeddings, nanoGPT, timm and Hugging Face decay them. A tied output layer is a
    reason to keep the decay.

    Example: a table of 50 000 rows under AdamW with weight_decay 0.1.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            tables = [p for p in group.members if p.kind is Kind.EMBEDDING and group.acts_on(p)]
            if tables:
                removed = group.removed
                left = "" if removed is None else f"; a row that never occurs keeps {percent(1 - removed)} over the run"
                tied = [p.name for p in tables if p.aliases]
                shared = f" ({listed(tied)} tied to another layer)" if tied else ""
                yield self.finding(
                    Severity.NOTE,
                    group.where,
                    f"{group.report.strength_name}={group.strength:g} decays "
                    f"{listed([p.name for p in tables])}{shared}{left}.",
                )

"""Proofs on one screen each: the answer, what it rests on, and where the rest is; and all of them as a table."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from halflife.proofs import Measurement, Proof, Proofs, Theorem, Verdict
from halflife.report._lines import wrapped


def proofs(result: Proofs) -> RenderableType:
    """Same steps? Same solution?"""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("rule", no_wrap=True)
    table.add_column("same steps?", no_wrap=True)
    table.add_column("same solution?")
    for proof in result.proofs:
        table.add_row(proof.rule, _short(proof.same_steps), _short(proof.same_solution))
    named = ", ".join(theorem.name for theorem in result.theorems)
    return Group(
        Text("Does some decay take the steps that a penalty makes an optimizer take?", style="bold"),
        Padding(Text(" ".join(_answer(result))), (0, 0, 1, 0)),
        table,
        Padding(Text(f"Proved besides: {named}." if named else ""), (1, 0, 0, 0)),
        Text(
            f"All of it is checked: {len(result.proofs)} rules, {len(result.theorems)} theorems; "
            "halflife prove NAME shows one in full, with its certificate.",
            style="dim",
        ),
    )


def proof(result: Proof) -> RenderableType:
    """What is claimed of one rule and what certifies it; the proofs are in its own text."""
    pair = (result.same_steps, result.same_solution)
    every = (*pair, *result.theorems)
    steps, measured = (sum(len(part(theorem)) for theorem in every) for part in (lambda t: t.proof, _measurements))
    certificates = sum(theorem.certificate is not None for theorem in every)
    besides = ", ".join(theorem.name for theorem in result.theorems)
    return Group(
        Text(f"{result.rule}: does some decay do what a penalty does?", style="bold"),
        Text(wrapped(result.summary)),
        *(part for theorem in pair for part in _claim(theorem)),
        Text(wrapped(f"\nProved besides, each by its name: {besides}." if besides else "")),
        Text(
            wrapped(
                f"All of it is checked: proof steps {steps}, measurements {measured}, certificates {certificates}. "
                f"halflife prove {result.rule} shows them in full."
            ),
            style="dim",
        ),
    )


def _claim(theorem: Theorem) -> Iterator[RenderableType]:
    yield Text.assemble("\n", (theorem.title, "bold"))
    yield Text(wrapped(f"  {theorem.statement}\n  Source: {theorem.reference}"))
    evidence = theorem.certificate.lines() if theorem.certificate else [str(m) for m in theorem.witnesses]
    heading = "Certificate" if theorem.certificate else "Measured"
    if evidence:
        yield Text(wrapped("\n".join([f"  {heading}", *(f"    {line}" for line in evidence)])))


def _measurements(theorem: Theorem) -> tuple[Measurement, ...]:
    return (*theorem.witnesses, *theorem.counterexamples)


def _answer(result: Proofs) -> Iterator[str]:
    """Rules by what is proved of their steps."""
    groups: dict[str, list[str]] = {}
    for proof in result.proofs:
        theorem = proof.same_steps
        condition = f", {theorem.condition}" if theorem.verdict is Verdict.EQUIVALENT else f" {theorem.condition}"
        told = "" if theorem.verdict is Verdict.NOT_EQUIVALENT else condition
        groups.setdefault(f"{_SAID[_verdict(theorem)]}{told}", []).append(proof.rule)
    for said, rules in sorted(groups.items(), key=lambda group: group[0].startswith(_SAID[Verdict.NOT_EQUIVALENT])):
        yield f"{said}: {', '.join(rules)}."


def _short(theorem: Theorem) -> str:
    word = _WORD[_verdict(theorem)]
    return word if theorem.verdict is Verdict.NOT_EQUIVALENT else f"{word} {theorem.condition}"


def _verdict(theorem: Theorem) -> Verdict:
    return theorem.verdict or Verdict.UNDECIDED


_SAID = {
    Verdict.EQUIVALENT: "Yes",
    Verdict.EQUIVALENT_IFF: "Only if",
    Verdict.NOT_EQUIVALENT: "No",
    Verdict.UNDECIDED: "Not decided",
}
_WORD = {
    Verdict.EQUIVALENT: "yes,",
    Verdict.EQUIVALENT_IFF: "iff",
    Verdict.NOT_EQUIVALENT: "no",
    Verdict.UNDECIDED: "not decided,",
}

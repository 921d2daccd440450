"""How something was measured, in the words of a page: data, networks, software, machine, time, command."""

from collections.abc import Mapping

from halflife.lab import Provenance, Regime
from halflife.lab.model import Model
from halflife.lab.networks import Network


def measured(
    data: str, regime: Regime, how: Provenance, file: str, own: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Each fact with its name; what an older file does not say is left out.

    Args:
        data: in one line.
        regime: what all networks had in common.
        how: it was measured.
        file: that keeps it.
        own: what only this kind of result has to say, told after the training.
    """
    network = regime.network
    software = ", ".join(f"{name} {version}" for name, version in how.versions.items() if name != "machine")
    cores = f", {how.cores} core{'s' if how.cores != 1 else ''}" if how.cores else ""
    facts = {
        "Data": f"{data}; SHA‑256 {how.fingerprint[:16]}…",
        "Networks": f"{' → '.join(map(str, network.sizes))} units{_kind(network)}, {network.parameters:,} parameters",
        "Training": f"{regime.epochs} epochs, {regime.batch_size} rows a step, {regime.schedule} lr, {regime.precision}"
        f"; biases {'' if regime.regularize_biases else 'not '}regularized",
        **own,
        "Time": f"{how.seconds:,.0f} s of training, added over workers",
        "Software": software,
        "Machine": how.versions.get("machine", "not recorded") + cores,
        "Begun": how.date,
        "Command": how.command,
        "File": file,
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _kind(network: Model) -> str:
    """What a fully connected network is made of; a user's own model has no such names."""
    if not isinstance(network, Network):
        return ""
    return f", {network.activation}, {network.initialization} start, error {network.error.replace('_', ' ')}"

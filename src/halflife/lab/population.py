"""A population is settings × seeds, trained in chunks that fit the cache and the memory.

The plan of chunks is fixed before anything is trained, from the sizes alone, and every chunk is one pure call: so a
study that is resumed, run in another order or on more cores ends with bitwise the same numbers.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import jax
import numpy as np

from halflife._errors import BadInput
from halflife.lab.evaluation import ROWS_A_BLOCK
from halflife.lab.model import Model
from halflife.lab.outcomes import Outcome
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.training import Trained
from halflife.rules import rule

MEMORY = 1024**3
"""Bytes that all chunks in training may take together, unless told otherwise."""

_CACHE = 512 * 1024
_MOST_MEMBERS = 256
_COPIES_IN_A_STEP = 4
_CHUNKS_AT_ONCE = 8
"""What the plan counts on, so that it does not depend on the machine; fewer are started where memory is short."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Members that are trained in one compiled call: one seed, one rule.

    Attributes:
        number: its place in the plan.
        seed: of initialization and order of rows.
        settings: what its members differ in.
        size: members that the compiled program has; those beyond the settings repeat the last of them, so that all
            chunks of a rule share one program.
        fold: which of several data sets it is trained on.
    """

    number: int
    seed: int
    settings: tuple[Setting, ...]
    size: int
    fold: int = 0


def plan(settings: Sequence[Setting], seeds: Sequence[int], *, members: int) -> tuple[Chunk, ...]:
    """Every setting with every seed, in chunks of at most so many members, of equal size for each rule."""
    chunks: list[Chunk] = []
    for seed in seeds:
        for _, group in groupby(sorted(settings, key=_program), key=_program):
            alike = tuple(group)
            parts = -(-len(alike) // members)
            size = -(-len(alike) // parts)
            for first in range(0, len(alike), size):
                chunk = Chunk(number=len(chunks), seed=seed, settings=alike[first : first + size], size=size)
                chunks.append(chunk)
    return tuple(chunks)


def bytes_a_member(network: Model, regime: Regime, rules: Sequence[str]) -> int:
    """What training one member takes, in bytes: weights, gradients and states, and activations of a batch or block."""
    states = max(len(rule(name).initial) for name in rules)
    rows = max(regime.batch_size, ROWS_A_BLOCK)
    return _number(regime) * (network.parameters * (_COPIES_IN_A_STEP + states) + 4 * rows * sum(network.sizes))


def members_a_chunk(
    network: Model, regime: Regime, rules: Sequence[str], *, memory: int = MEMORY, platform: str | None = None
) -> int:
    """How many members to train at once: their weights fit the cache, all they need fits the memory.

    Args:
        network: the shape of a member.
        regime: its precision and batch size count.
        rules: the names of the rules in the study; the one that remembers most counts.
        memory: bytes for all chunks in training together.
        platform: "cpu" or "gpu", where they are trained; by default here.

    Raises:
        BadInput: not even one member fits.
    """
    needed = bytes_a_member(network, regime, rules)
    if memory < needed:
        raise BadInput(
            f"one network of {network.parameters:,} parameters needs {needed / 1e6:,.3g} MB and the memory is "
            f"{memory / 1e6:,.3g} MB: allow more memory or choose smaller layers."
        )
    fit = memory // (_CHUNKS_AT_ONCE * needed)
    if (platform or jax.default_backend()) == "cpu":
        fit = min(fit, _CACHE // (_number(regime) * network.parameters), _MOST_MEMBERS)
    return int(max(1, fit))


def _number(regime: Regime) -> int:
    return 8 if regime.precision == "float64" else 4


def _program(setting: Setting) -> tuple[Any, ...]:
    return setting.rule, str(setting.law.order)


def ended(chunk: Chunk, trained: Trained) -> list[Outcome]:
    """How each member of a chunk ended."""
    last = {name: trained.curves[name][-1] for name in ("valid", "test", "valid_score", "test_score", "norm")}
    final = {name: np.where(trained.diverged, np.nan, values) for name, values in trained.final.items()}
    return [
        Outcome(
            setting=setting,
            seed=chunk.seed,
            diverged=int(trained.diverged[member]),
            **{name: float(values[member]) for name, values in (last | final).items()},
        )
        for member, setting in enumerate(chunk.settings)
    ]


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

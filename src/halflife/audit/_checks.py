"""All checks, in the order of their codes."""

from halflife.audit._check import Check
from halflife.audit.hl001_no_effect import NoEffect
from halflife.audit.hl002_no_op import NoOp
from halflife.audit.hl003_l2_through_adaptive import L2ThroughAdaptive
from halflife.audit.hl004_lost_to_rounding import LostToRounding
from halflife.audit.hl005_doubled import Doubled
from halflife.audit.hl006_vectors_decayed import VectorsDecayed
from halflife.audit.hl007_embeddings_decayed import EmbeddingsDecayed
from halflife.audit.hl008_scale_invariant import ScaleInvariant
from halflife.audit.hl009_without_gradient import WithoutGradient
from halflife.audit.hl010_in_no_group import InNoGroup
from halflife.audit.hl011_in_two_groups import InTwoGroups
from halflife.audit.hl012_fades_with_schedule import FadesWithSchedule
from halflife.audit.hl013_lr_changes_decay import LrChangesDecay
from halflife.audit.hl014_l2_under_momentum import L2UnderMomentum
from halflife.audit.hl015_oscillates import Oscillates
from halflife.audit.hl016_unstable import Unstable
from halflife.audit.hl017_weights_grow import WeightsGrow
from halflife.audit.hl018_broken_decay import BrokenDecay
from halflife.audit.hl019_exclusions_differ import ExclusionsDiffer

CHECKS: tuple[Check, ...] = (
    NoEffect(),
    NoOp(),
    L2ThroughAdaptive(),
    LostToRounding(),
    Doubled(),
    VectorsDecayed(),
    EmbeddingsDecayed(),
    ScaleInvariant(),
    WithoutGradient(),
    InNoGroup(),
    InTwoGroups(),
    FadesWithSchedule(),
    LrChangesDecay(),
    L2UnderMomentum(),
    Oscillates(),
    Unstable(),
    WeightsGrow(),
    BrokenDecay(),
    ExclusionsDiffer(),
)
"""The questions that an audit asks."""

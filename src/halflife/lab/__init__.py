"""Real data and many small networks at once: how much regularization matters, seen rather than told."""

from halflife.lab.data import Data, Rows, load
from halflife.lab.found import Provenance, Study, best_settings, read
from halflife.lab.incidents import Incident
from halflife.lab.networks import Network
from halflife.lab.outcomes import Best, GridResult, Interval, Outcome, Slope
from halflife.lab.population import Chunk, plan
from halflife.lab.regime import Regime
from halflife.lab.running import run
from halflife.lab.settings import Setting
from halflife.lab.spread import Spread
from halflife.lab.store import Store
from halflife.lab.study import Progress, study
from halflife.lab.training import Trained, train
from halflife.lab.twins import Twins, twins

__all__ = [
    "Best",
    "Chunk",
    "Data",
    "GridResult",
    "Incident",
    "Interval",
    "Network",
    "Outcome",
    "Progress",
    "Provenance",
    "Regime",
    "Rows",
    "Setting",
    "Slope",
    "Spread",
    "Store",
    "Study",
    "Trained",
    "Twins",
    "best_settings",
    "load",
    "plan",
    "read",
    "run",
    "study",
    "train",
    "twins",
]

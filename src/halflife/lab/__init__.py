"""Real data and many small networks at once: how much regularization matters, seen rather than told.

Everything below is loaded on first use, so that an estimator does not load what a study keeps and tells.
"""

from typing import TYPE_CHECKING

from halflife._lazy import lazily

if TYPE_CHECKING:
    from halflife.lab.data import Data as Data
    from halflife.lab.data import Rows as Rows
    from halflife.lab.data import load as load
    from halflife.lab.found import (
        Provenance as Provenance,
    )
    from halflife.lab.found import (
        Study as Study,
    )
    from halflife.lab.found import (
        best_settings as best_settings,
    )
    from halflife.lab.found import (
        read as read,
    )
    from halflife.lab.incidents import Incident as Incident
    from halflife.lab.networks import Network as Network
    from halflife.lab.outcomes import (
        Best as Best,
    )
    from halflife.lab.outcomes import (
        GridResult as GridResult,
    )
    from halflife.lab.outcomes import (
        Interval as Interval,
    )
    from halflife.lab.outcomes import (
        Outcome as Outcome,
    )
    from halflife.lab.outcomes import (
        Slope as Slope,
    )
    from halflife.lab.population import Chunk as Chunk
    from halflife.lab.population import plan as plan
    from halflife.lab.regime import Regime as Regime
    from halflife.lab.running import run as run
    from halflife.lab.settings import Setting as Setting
    from halflife.lab.spread import Spread as Spread
    from halflife.lab.store import Store as Store
    from halflife.lab.studying import Progress as Progress
    from halflife.lab.studying import study as study
    from halflife.lab.training import Trained as Trained
    from halflife.lab.training import train as train
    from halflife.lab.twinning import Twins as Twins
    from halflife.lab.twinning import twins as twins

_HOMES = {
    "Best": "outcomes",
    "Chunk": "population",
    "Data": "data",
    "GridResult": "outcomes",
    "Incident": "incidents",
    "Interval": "outcomes",
    "Network": "networks",
    "Outcome": "outcomes",
    "Progress": "studying",
    "Provenance": "found",
    "Regime": "regime",
    "Rows": "data",
    "Setting": "settings",
    "Slope": "outcomes",
    "Spread": "spread",
    "Store": "store",
    "Study": "found",
    "Trained": "training",
    "Twins": "twinning",
    "best_settings": "found",
    "load": "data",
    "plan": "population",
    "read": "found",
    "run": "running",
    "study": "studying",
    "train": "training",
    "twins": "twinning",
}
__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazily(__name__, _HOMES)

"""Compiled programs are kept between runs, in the user's cache folder, unless JAX is already told where."""

import jax
from platformdirs import user_cache_path

_SHORTEST_KEPT_SECONDS = 0.2


def keep_compiled_programs() -> None:
    """Turn on JAX's persistent compilation cache if nobody has set one up."""
    if jax.config.jax_compilation_cache_dir is None:
        folder = user_cache_path("halflife", appauthor=False) / f"jax-{jax.__version__}"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", _SHORTEST_KEPT_SECONDS)

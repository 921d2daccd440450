"""How programs are compiled, and that they are kept between runs, in the user's cache folder or where JAX was told."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax
from platformdirs import user_cache_path

_SHORTEST_KEPT_SECONDS = 0.2
_PARTS_A_CORE, _MOST_PARTS = 2, 32
_OPTIONS = {
    "xla_cpu_multi_thread_eigen": False,
    "xla_backend_optimization_level": 1,
    "xla_cpu_parallel_codegen_split_count": min(_PARTS_A_CORE * (os.cpu_count() or 1), _MOST_PARTS),
}
"""Each chunk has a thread of its own, and sums in an order that does not depend on how many there are. At level 2 LLVM
unrolls loops over few rows, such as a batch of 32, and then does not vectorize them: level 1 runs a tenth faster. What
is compiled in 32 parts, as by default, takes two cores a tenth longer than in 4, for each part costs something."""

_OLDER_EMITTERS = {"xla_cpu_use_fusion_emitters": False}


def to_run_fast(function: Callable[..., Any], static: Sequence[str], **options: Any) -> Callable[..., Any]:
    """The function compiled for a thread of its own; keyword arguments named as static are constants to it."""
    compiled: Callable[..., Any] = jax.jit(function, static_argnames=static, compiler_options=_OPTIONS | options)
    return compiled


def to_compile_soon(function: Callable[..., Any], static: Sequence[str]) -> Callable[..., Any]:
    """The same, compiled in three fifths of the time and a quarter slower, if XLA still has its older emitters."""
    sooner, as_ever = to_run_fast(function, static, **_OLDER_EMITTERS), to_run_fast(function, static)

    def call(*arrays: Any, **constants: Any) -> Any:
        try:
            return sooner(*arrays, **constants)
        except jax.errors.JaxRuntimeError as error:
            if "No such compile option" not in str(error):
                raise
            return as_ever(*arrays, **constants)

    return call


def one_thread() -> Any:
    """A CPU that runs a program on one thread; None where JAX computes elsewhere by default, or has no such CPU.

    XLA hands operations that are ready to any thread of its pool. Where they take microseconds, waking a thread and
    moving what it reads from core to core costs more than it computes: steps of one small network are a quarter
    faster on one thread, and half where others use the machine. How large the pool is, is asked once, when a client
    is made, so this is a client of its own and everything else in the process keeps the pool that it has.
    """
    wanted = jax.config.jax_default_device is None and jax.default_backend() == "cpu"
    return _cpu_of_one_thread() if wanted else None


@cache
def _cpu_of_one_thread() -> Any:
    before = os.environ.get("NPROC")
    os.environ["NPROC"] = "1"
    try:
        from jaxlib import xla_client

        client: Any = xla_client.make_cpu_client(asynchronous=False)
        return client.local_devices()[0]
    except (ImportError, AttributeError, TypeError):  # not a documented part of jaxlib
        return None
    finally:
        os.environ.pop("NPROC")
        if before is not None:
            os.environ["NPROC"] = before


def keep_compiled_programs() -> None:
    """Turn on JAX's persistent compilation cache if nobody has set one up."""
    if jax.config.jax_compilation_cache_dir is None:
        folder = user_cache_path("halflife", appauthor=False) / f"jax-{jax.__version__}"
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", _SHORTEST_KEPT_SECONDS)

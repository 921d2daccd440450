"""The frameworks that the tests do not install: their texts run there once, and what came out is kept in tests/data.

    PYTHONPATH=src:tests python tests/recipes/elsewhere.py timm

runs each text of `specimens` in the framework itself and writes `tests/data/elsewhere/timm.json`: its version, and for
each text the weights after steps 2 and 50. `test_declared` holds halflife's own steps against them. Of names that no
rule takes the steps of it keeps the weights for a bare text, by which `test_beyond` sees that it is so.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import numpy as np

from halflife.recipes import FRAMEWORKS, Form
from recipes.problem import ROWS, START, STEPS, TARGETS, Path, flat, share_of_peak
from recipes.specimens import specimens

FOLDER = File(__file__).parent.parent / "data" / "elsewhere"
KEPT = (2, 50)
"""The steps whose weights are kept, counted from 1."""

Shares = tuple[float, ...]


def timm_path(text: str, shares: Shares) -> Path:
    """Its command line through its own keyword parser and factory, with the defaults of its training script."""
    import argparse

    import timm.optim
    import timm.utils

    from recipes.trainers import run, walk_in_torch

    def make(model: Any) -> dict[str, Any]:
        if not text.startswith("--"):
            return run(text, timm=timm, model=model)
        line = argparse.ArgumentParser()
        line.add_argument("--opt", default="sgd")
        line.add_argument("--lr", type=float)
        line.add_argument("--momentum", type=float, default=0.9)
        line.add_argument("--weight-decay", type=float, default=2e-5)
        line.add_argument("--opt-eps", type=float)
        line.add_argument("--opt-betas", type=float, nargs="+")
        line.add_argument("--opt-kwargs", nargs="*", default={}, action=timm.utils.ParseKwargs)
        args = line.parse_args(_words(text))
        given = timm.optim.optimizer_kwargs(args)
        return {"optimizer": timm.optim.create_optimizer_v2(model, **given, **args.opt_kwargs)}

    return walk_in_torch(make, shares)


def composer_path(text: str, shares: Shares) -> Path:
    """Its optimizers; lr is set by hand."""
    from types import SimpleNamespace

    import torch

    from recipes.trainers import run, walk_in_torch

    optim = importlib.import_module("composer.optim.decoupled_weight_decay")
    names = {"torch": torch, "composer": SimpleNamespace(optim=optim)}
    return walk_in_torch(lambda model: run(text, model=model, **names))


def fastai_path(text: str, shares: Shares) -> Path:
    """Its Learner, fitted for one epoch of 50 mini-batches."""
    from functools import partial

    import torch
    from fastai.callback.core import Callback
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import SGD, Adam, RMSProp

    from recipes.trainers import run, torch_model, torch_weights

    path: list[np.ndarray] = []

    class ByHand(Callback):  # type: ignore[misc]
        def before_batch(self) -> None:
            self.learn.opt.set_hyper("lr", self.learn.lr * shares[len(path)])

        def after_step(self) -> None:
            path.append(torch_weights(self.learn.model))

    class Batches(list[Any]):
        device = torch.device("cpu")

        def to(self, device: Any) -> "Batches":
            return self

    torch.set_default_dtype(torch.float64)
    batches = Batches(zip(map(torch.tensor, ROWS), map(torch.tensor, TARGETS), strict=True))
    dls = DataLoaders(batches, batches)

    def half_square(output: Any, target: Any) -> Any:
        return ((output - target) ** 2).mean() / 2

    names = {"partial": partial, "SGD": SGD, "Adam": Adam, "RMSProp": RMSProp, "dls": dls, "model": torch_model()}
    learner = partial(Learner, loss_func=half_square, cbs=[ByHand()])
    learn = run(text, Learner=learner, **names)["learn"]
    learn.validate = learn._do_epoch_validate = lambda *_, **__: None
    learn.remove_cb(learn.recorder)  # it mixes its losses in float32
    with learn.no_logging():
        learn.fit(1)
    return np.stack(path)


def tensorflow_addons_path(text: str, shares: Shares) -> Path:
    """Its optimizers on variables of their usual names; lr is set by hand."""
    import tensorflow as tf
    import tensorflow_addons as tfa

    names: dict[str, Any] = {"tfa": tfa}
    exec(text, names)  # noqa: S102 - text that halflife wrote
    optimizer = names["optimizer"]
    titles = ("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias")
    weights = [tf.Variable(start, name=name) for start, name in zip(START, titles, strict=True)]
    peak, path = float(names["optimizer"].learning_rate.numpy()), []
    for step, (rows, targets) in enumerate(zip(ROWS, TARGETS, strict=True)):
        optimizer.learning_rate.assign(peak * shares[step])
        with tf.GradientTape() as tape:
            hidden = tf.sigmoid(rows @ weights[0] + weights[1])
            loss = tf.reduce_mean((hidden @ weights[2] + weights[3] - targets) ** 2) / 2
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        path.append(flat([w.numpy() for w in weights]))
    return np.stack(path)


def paddle_path(text: str, shares: Shares) -> Path:
    """Its optimizers; lr is set by hand."""
    import paddle

    paddle.set_default_dtype("float64")
    model = paddle.nn.Sequential(paddle.nn.Linear(4, 5), paddle.nn.Sigmoid(), paddle.nn.Linear(5, 1))
    for parameter, start in zip(model.parameters(), START, strict=True):
        parameter.set_value(start)
    names: dict[str, Any] = {"paddle": paddle, "model": model}
    exec(text, names)  # noqa: S102 - text that halflife wrote
    optimizer, path = names["optimizer"], []
    peak = optimizer.get_lr()
    for step, (rows, targets) in enumerate(zip(ROWS, TARGETS, strict=True)):
        optimizer.set_lr(peak * shares[step])
        loss = ((model(paddle.to_tensor(rows)) - paddle.to_tensor(targets)) ** 2).mean() / 2
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
        path.append(flat([p.numpy() for p in model.parameters()]))
    return np.stack(path)


def deepspeed_path(text: str, shares: Shares) -> Path:
    """Its engine on one process of the CPU, in float32; lr is set by hand."""
    import deepspeed
    import torch

    from recipes.trainers import torch_model, torch_weights

    torch.set_default_dtype(torch.float32)
    model = torch_model()
    if "Lion" in text:
        return _deepspeed_lion(json.loads(text)["optimizer"]["params"], model, shares)
    engine, optimizer, *_ = deepspeed.initialize(
        model=model, model_parameters=list(model.parameters()), config=json.loads(text)
    )
    peaks, path = [group["lr"] for group in optimizer.param_groups], []
    for step, (rows, targets) in enumerate(zip(ROWS, TARGETS, strict=True)):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * shares[step]
        output = engine(torch.tensor(rows, dtype=torch.float32))
        engine.backward(((output - torch.tensor(targets, dtype=torch.float32)) ** 2).mean() / 2)
        engine.step()
        path.append(torch_weights(model))
    return np.stack(path)


def _deepspeed_lion(given: dict[str, Any], model: Any, shares: Shares) -> Path:
    """Its Lion for the CPU, which the engine takes only where ZeRO has moved the optimizer there."""
    import torch
    from deepspeed.ops.lion import DeepSpeedCPULion

    from recipes.trainers import torch_weights

    optimizer, path = DeepSpeedCPULion(list(model.parameters()), **given), []
    for step, (rows, targets) in enumerate(zip(ROWS, TARGETS, strict=True)):
        optimizer.param_groups[0]["lr"] = given["lr"] * shares[step]
        optimizer.zero_grad()
        output = model(torch.tensor(rows, dtype=torch.float32))
        (((output - torch.tensor(targets, dtype=torch.float32)) ** 2).mean() / 2).backward()
        optimizer.step()
        path.append(torch_weights(model))
    return np.stack(path)


def hugging_face_path(text: str, shares: Shares) -> Path:
    """Its Trainer in float32, as bitsandbytes has it; its schedules are in the text."""
    import torch

    from recipes.trainers import hugging_face_path

    return hugging_face_path(text, torch.float32)


PATHS: dict[str, tuple[str, Callable[[str, Shares], Path]]] = {
    "hugging-face": ("bitsandbytes", hugging_face_path),
    "timm": ("timm", timm_path),
    "composer": ("mosaicml", composer_path),
    "fastai": ("fastai", fastai_path),
    "tensorflow-addons": ("tensorflow-addons", tensorflow_addons_path),
    "paddle": ("paddlepaddle", paddle_path),
    "deepspeed": ("deepspeed", deepspeed_path),
}
"""For each framework the package that it comes in, and how its text is run there."""


NOT_RUN = {
    "timm": (
        *("fusedsgd", "fusedadam", "fusedadamw", "fusedlamb", "fusednovograd", "adahessian", "bnbsgd", "bnbsgd8bit"),
        *("bnbadam", "bnbadam8bit", "bnbadamw", "bnbadamw8bit", "bnblion", "bnblion8bit", "bnbademamix"),
        "bnbademamix8bit",
    ),
    "hugging-face": (
        *("adamw_hf", "adamw_apex_fused", "adamw_torch_xla", "adamw_torch_npu_fused", "adamw_anyprecision"),
        *("lomo", "adalomo", "grokadamw"),
    ),
}
"""Rows that no machine at hand can run: Apex, XLA, NPUs and what asks for CUDA, or that need more than a gradient."""

HERE = {
    "hugging-face": ("adamw_torch", "adamw_torch_fused", "sgd", "adagrad", "rmsprop"),
}
"""Of a framework that the tests install, the rows that need nothing else."""

BARE = {
    "timm": "--opt {} --lr 0.03 --weight-decay 0.3",
    "hugging-face": 'args = transformers.TrainingArguments(optim="{}", learning_rate=0.03, weight_decay=0.3, '
    'lr_scheduler_type="constant", max_steps=50, per_device_train_batch_size=8, max_grad_norm=0.0, '
    'optim_target_modules="all-linear")',
    "deepspeed": '{{"optimizer": {{"type": "{}", "params": {{"lr": 0.03, "weight_decay": 0.3}}}}, '
    '"gradient_clipping": 0, "train_batch_size": 8}}',
}
"""A text for a name that has arguments of its own."""


def kept(name: str, form: Form) -> bool:
    """Whether the row's weights are read from the file."""
    return name in PATHS and form.call not in (*NOT_RUN.get(name, ()), *HERE.get(name, ()))


def record(name: str) -> None:
    """Run the framework's texts and keep what came out."""
    from importlib.metadata import version

    package, walk = PATHS[name]
    framework = FRAMEWORKS[name]
    forms = [form for form in framework.forms if kept(name, form)]
    rows = {
        text: _kept(walk(text, tuple(share_of_peak(recipe))))
        for form in forms
        if not form.differs
        for recipe in specimens(framework, form)
        for text in [framework.write(recipe, form)]
    }
    names = dict.fromkeys(form.call for form in forms if form.differs)
    beyond = {call: _if_it_runs(walk, BARE[name].format(call)) for call in names}
    FOLDER.mkdir(exist_ok=True)
    whole = {"package": package, "version": version(package), "steps": KEPT, "weights": rows, "beyond": beyond}
    (FOLDER / f"{name}.json").write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _if_it_runs(walk: Callable[[str, Shares], Path], text: str) -> list[list[float]] | str:
    try:
        return _kept(walk(text, (1.0,) * STEPS))
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]


def _kept(path: Path) -> list[list[float]]:
    return [[float(f"{weight:.12g}") for weight in path[step - 1]] for step in KEPT]


def _words(text: str) -> list[str]:
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]


if __name__ == "__main__":
    for asked in sys.argv[1:]:
        record(asked)

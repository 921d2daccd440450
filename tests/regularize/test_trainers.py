"""A small real run in Lightning and in the Hugging Face Trainer ends where a loop of our own does."""

import pytest
import torch

import halflife

ROWS = torch.randn(24, 6, generator=torch.Generator().manual_seed(1))
pytestmark = pytest.mark.filterwarnings("ignore")  # these libraries warn about themselves


def model():
    torch.manual_seed(0)
    return torch.nn.Linear(6, 3)


def optimizer_of(net, decay=0.02):
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    halflife.regularize(optimizer, decay=decay, law="CONSTANT", where="all")
    return optimizer


def by_hand(decay=0.02):
    net = model()
    optimizer = optimizer_of(net, decay)
    for batch in ROWS.split(8):
        optimizer.zero_grad()
        net(batch).square().mean().backward()
        optimizer.step()
    return net.weight.detach()


def agree(weight):
    assert (by_hand() - by_hand(0.0)).abs().max() > 1e-3
    torch.testing.assert_close(weight.detach(), by_hand(), rtol=0, atol=1e-6)


def test_lightning(tmp_path):
    """Lightning steps with a closure; the decay is the same."""
    lightning = pytest.importorskip("lightning")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = model()

        def training_step(self, batch, index):
            return self.net(batch).square().mean()

        def configure_optimizers(self):
            return optimizer_of(self.net)

    module = Module()
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(module, torch.utils.data.DataLoader(ROWS, batch_size=8))
    agree(module.net.weight)


def test_hugging_face_trainer(tmp_path):
    """The Trainer prepares the optimizer and schedules its lr; the decay is the same."""
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = model()

        def forward(self, x):
            return {"loss": self.net(x).square().mean()}

    net = Model()
    optimizer = optimizer_of(net.net)
    scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        num_train_epochs=1,
        per_device_train_batch_size=8,
        report_to=[],
        save_strategy="no",
        use_cpu=True,
        disable_tqdm=True,
        max_grad_norm=0.0,
        remove_unused_columns=False,
    )

    class Ordered(transformers.Trainer):
        def _get_train_sampler(self, *_):
            return torch.utils.data.SequentialSampler(ROWS)

    data = [{"x": row} for row in ROWS]
    Ordered(model=net, args=arguments, train_dataset=data, optimizers=(optimizer, scheduler)).train()
    agree(net.net.weight)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("fused", [False, True])
def test_autocast_and_a_gradient_scaler(dtype, fused):
    """Layers run in 16 bits and gradients are scaled; one whose gradient is zero decays exactly as asked."""
    ends = {}
    for decay in (0.02, 0.0):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
        idle = torch.nn.Parameter(torch.ones(4, 4))
        optimizer = torch.optim.AdamW([*net.parameters(), idle], lr=0.01, fused=fused)
        halflife.regularize(optimizer, decay=decay, law="CONSTANT")
        scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
        for batch in ROWS.split(8):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=dtype):
                out = net(batch)
                loss = (out.float() - 1).square().mean() + 0 * idle.sum()
            assert out.dtype is dtype
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            scaler.step(optimizer)
            scaler.update()
        ends[decay] = net[0].weight.detach().clone()
        torch.testing.assert_close(idle.detach(), torch.full((4, 4), (1 - decay) ** 3), rtol=0, atol=1e-6)
    assert (ends[0.02] - ends[0.0]).abs().max() > 1e-2 * ends[0.0].abs().max()


def test_what_accelerate_and_lightning_wrap_is_regularized_inside():
    """The coat passes the step on to the optimizer that is regularized, and watched."""
    accelerate = pytest.importorskip("accelerate")
    lightning = pytest.importorskip("lightning")
    for wrap in (
        lambda optimizer: accelerate.Accelerator(cpu=True).prepare(optimizer),
        lightning.pytorch.core.optimizer.LightningOptimizer,
    ):
        p = torch.nn.Parameter(torch.ones(3, 3))
        inside = torch.optim.AdamW([p], lr=0.1)
        wrapped = wrap(inside)
        assert wrapped is not inside
        halflife.regularize(wrapped, decay=0.1, law="PROXIMAL")
        watched = halflife.monitor(wrapped)
        p.grad = torch.zeros_like(p)
        inside.step()
        torch.testing.assert_close(p.detach(), torch.full((3, 3), 0.9))
        assert watched.last[0]["measured_half_life"] == pytest.approx(6.58, abs=0.01)

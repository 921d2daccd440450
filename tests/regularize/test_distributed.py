"""Two processes, replicated or sharded, end where one process does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import halflife

REQUESTS = {
    "decay through hooks": {"decay": 0.02},
    "L2 through hooks": {"l2": 0.3},
    "towards, L1": {"decay": 0.02, "l1": 0.05, "toward": 0.5},
    "cautious": {"decay": 0.02, "cautious": True},
    "both doors": {"decay": 0.02, "l2": 0.3},
    "a function of the step, proximal L1": {"decay": 0.02, "schedule": "nothing", "l1": 0.01},
}


def train(request, wrap=lambda model: model):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Linear(8, 4)).double()
    model = wrap(model) or model
    # an optimizer that has neither door in the form that is asked for
    optimizer = torch.optim.Adamax(model.parameters(), lr=0.01) if "l2" not in request else None
    optimizer = optimizer or torch.optim.AdamW(model.parameters(), lr=0.01)
    request = dict(request)
    if "toward" in request:
        request["toward"] = [torch.full_like(p, request["toward"]) for p in model.parameters()]
    halflife.regularize(optimizer, **request)
    for t in range(4):
        optimizer.zero_grad()
        x = torch.randn(10, 6, generator=torch.Generator().manual_seed(t)).double()
        model(x).square().mean().backward()
        optimizer.step()
    ends = [p.detach() for p in model.parameters()]
    return torch.cat([(p.full_tensor() if hasattr(p, "full_tensor") else p).flatten() for p in ends])


def main(rank, folder):
    import torch.distributed as dist
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    wraps = {"DDP": torch.nn.parallel.DistributedDataParallel, "FSDP2": lambda model: fully_shard(model, mesh=mesh)}
    ends = {
        kind: {name: train(request, wrap).tolist() for name, request in REQUESTS.items()}
        for kind, wrap in wraps.items()
    }
    (Path(folder) / f"{rank}.json").write_text(json.dumps(ends))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    """What each of two processes that run this file comes to."""
    folder = tmp_path_factory.mktemp("two processes")
    running = [subprocess.Popen([sys.executable, __file__, str(rank), str(folder)]) for rank in range(2)]  # noqa: S603
    try:
        assert [process.wait(240) for process in running] == [0, 0]
    finally:
        for process in running:
            process.kill()
            process.wait()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("kind", ["DDP", "FSDP2"])
def test_two_processes_end_where_one_does(kind, ends):
    """Replicas stay replicas, and shards make the whole: the weights of a run in one process come out."""
    plain = train({"decay": 0.0})
    for name, request in REQUESTS.items():
        alone = train(request)
        assert (alone - (plain if "l2" not in request else train({"l2": 0.0}))).abs().max() > 1e-3
        for each in ends:
            torch.testing.assert_close(torch.tensor(each[kind][name], dtype=torch.float64), alone, rtol=0, atol=1e-9)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

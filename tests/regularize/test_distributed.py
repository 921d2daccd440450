"""Two processes, replicated or sharded, end where one process does."""

import pytest
import torch

import halflife

REQUESTS = {
    "decay through hooks": {"decay": 0.02},
    "L2 through hooks": {"l2": 0.3},
    "towards, L1": {"decay": 0.02, "l1": 0.05, "toward": 0.5},
    "cautious": {"decay": 0.02, "cautious": True},
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


def worker(rank, kind, file, queue):
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    try:
        if kind == "DDP":
            wrap = torch.nn.parallel.DistributedDataParallel
        else:
            from torch.distributed.device_mesh import init_device_mesh
            from torch.distributed.fsdp import fully_shard

            mesh = init_device_mesh("cpu", (2,))

            def wrap(model):
                fully_shard(model, mesh=mesh)

        ends = {name: train(request, wrap).tolist() for name, request in REQUESTS.items()}
        queue.put((rank, ends))
    finally:
        dist.destroy_process_group()


@pytest.mark.parametrize("kind", ["DDP", "FSDP2"])
def test_two_processes_end_where_one_does(kind, tmp_path):
    """Replicas stay replicas, and shards make the whole: the weights of a run in one process come out."""
    context = torch.multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=worker, args=(rank, kind, tmp_path / "store", queue)) for rank in range(2)]
    for process in processes:
        process.start()
    try:
        ends = dict(queue.get(timeout=60) for _ in processes)
    finally:
        for process in processes:
            process.join(20)
            if process.is_alive():
                process.kill()
    plain = train({"decay": 0.0})
    for name, request in REQUESTS.items():
        alone = train(request)
        assert (alone - (plain if "l2" not in request else train({"l2": 0.0}))).abs().max() > 1e-3
        for rank in range(2):
            torch.testing.assert_close(torch.tensor(ends[rank][name], dtype=torch.float64), alone, rtol=0, atol=1e-9)

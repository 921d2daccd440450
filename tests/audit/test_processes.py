"""Trainings in several processes are one report: under torchrun, and where a script spawns them itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import halflife as package

HERE = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
START = """
import sys, torch
import torch.distributed as dist
from torch import nn
torch.manual_seed(0)
x, y = torch.randn(8, 4), torch.randint(0, 2, (8,))
def trained(model, steps=5):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=0.01)
    for step in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        if hasattr(model, "module"):
            loss = loss + 0.01 * model.module[0].weight.square().sum()
        loss.backward()
        optimizer.step()
def net():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
"""
SHARDED = """
from torch.distributed.fsdp import fully_shard
dist.init_process_group("gloo")
model = net()
fully_shard(model, mesh=torch.distributed.device_mesh.init_device_mesh("cpu", (2,)))
trained(model)
dist.destroy_process_group()
"""
SPAWNED = """
def train(rank, store):
    dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=2)
    trained(nn.parallel.DistributedDataParallel(net()))
    sys.stdout.write(f"child ended {rank}\\n")  # in one piece, for the processes share the stream
    sys.stdout.flush()
    dist.destroy_process_group()
if __name__ == "__main__":
    torch.multiprocessing.spawn(train, args=(sys.argv[1],), nprocs=2)
    print("the end")
"""
STARTED = """
if __name__ == "__main__":
    process = torch.multiprocessing.get_context("fork").Process(target=trained, args=(net(),))
    process.start()
    process.join()
    print("exit", process.exitcode)
"""


def audited(folder, *words):
    command = [sys.executable, "-m", "halflife", "audit", *words]
    return subprocess.run(command, cwd=folder, env=HERE, capture_output=True, text=True, check=False)  # noqa: S603


def test_torchrun_starts_the_audit_in_its_processes(tmp_path):
    """Two processes that share a sharded model are one report, with whole shapes and live second moments."""
    (tmp_path / "train.py").write_text(START + SHARDED)
    launch = ["torchrun", "--nproc-per-node", "2", "--master-port", "29617", "train.py"]
    said = audited(tmp_path, "--continue", "--json", "--by-parameter", "--", *launch)
    assert said.returncode == 0, said.stderr[-2000:]
    read = json.loads(said.stdout)
    assert [m["shape"] for m in read["groups"][0]["members"]] == [[8, 4], [8], [2, 8], [2]]
    assert "feels" in next(f["message"] for f in read["findings"] if f["code"] == "HL003")
    assert "are sharded" in next(s["reason"] for s in read["skipped"] if s["code"] == "HL005")
    assert "wait for each other" in next(s["reason"] for s in read["skipped"] if s["code"] == "HL008")


def test_spawned_processes_are_audited_and_the_first_reports(tmp_path):
    """torch.multiprocessing.spawn in a script: one report with the penalty in the loss, and all run to their end."""
    (tmp_path / "train.py").write_text(START + SPAWNED)
    said = audited(tmp_path, "--continue", "--json", "--by-parameter", "--", "train.py", str(tmp_path / "store"))
    assert said.returncode == 0, said.stderr[-2000:]
    read = json.loads(said.stdout)
    assert [m["name"] for m in read["groups"][0]["members"]] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert "λ = 0.02 on 0.weight," in next(f["message"] for f in read["findings"] if f["code"] == "HL005")
    assert all(words in said.stderr for words in ("child ended 0", "child ended 1", "the end"))


def test_other_processes_of_a_script_are_left_alone_and_spoken_of(tmp_path):
    """A process that multiprocessing starts trains to its end unseen, and one sentence says so."""
    (tmp_path / "train.py").write_text(START + STARTED)
    said = audited(tmp_path, "--", "train.py")
    assert said.returncode == 2
    assert "what runs in processes that it starts is not watched" in said.stderr
    assert said.stderr.count("\n") == 1
    assert "exit 0" in said.stdout

"""A training that runs without a word of warning, with three faults in how it is regularized.

halflife audit -- examples/three_faults.py
"""

import torch
from torch import nn

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 1000)).to(torch.bfloat16)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
model[3] = nn.Linear(64, 10, dtype=torch.bfloat16)  # ten classes instead of a thousand

for _step in range(100):
    rows, labels = torch.randn(32, 64, dtype=torch.bfloat16), torch.randint(10, (32,))
    loss = nn.functional.cross_entropy(model(rows), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

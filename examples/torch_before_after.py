"""A PyTorch training before and after: ask what its decay does, mend it, compare.

python examples/torch_before_after.py [--quick]
"""

import sys

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import halflife

EPOCHS = 2 if "--quick" in sys.argv else 60
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
train = TensorDataset(x[:300], y[:300])


def build():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.LayerNorm(128), nn.ReLU(), nn.Linear(128, 10))
    return model, torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=0.01)


def fit(model, optimizer):
    batches = DataLoader(train, batch_size=30, shuffle=True, generator=torch.Generator().manual_seed(0))
    for _ in range(EPOCHS):
        for rows, labels in batches:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(rows), labels).backward()
            optimizer.step()
    with torch.no_grad():
        right = (model(x[300:]).argmax(1) == y[300:]).float().mean()
        norm = torch.cat([p.flatten() for p in model.parameters() if p.ndim > 1]).norm()
    return f"accuracy {right:.3f} on the other {len(x) - 300} rows, ‖w‖ {norm:.2f}"


model, optimizer = build()
print("Before:", fit(model, optimizer))
print(halflife.audit(optimizer, model, steps=EPOCHS * 10, steps_per_epoch=10))

model, optimizer = build()
print(halflife.regularize(optimizer, half_life="20 epochs", steps_per_epoch=10, model=model))
print("After:", fit(model, optimizer))
print(halflife.audit(optimizer, model, steps=EPOCHS * 10, steps_per_epoch=10))

"""The blog post's program from scratch: L2 regularization, weight decay, and where they part.

One hidden tanh layer, on data made by a random network of its own shape and noise: 4-7-3 picks a class, 8-100-1
predicts a number. All runs start at the same weights and see the same batches.

python examples/blog_demo.py [--quick]
"""

import sys

import numpy as np

RATE, PENALTY, BATCH = 0.02, 0.02, 10


def network(rng, inputs, hidden, outputs):
    return [rng.normal(0, inputs**-0.5, (inputs, hidden)), rng.normal(0, hidden**-0.5, (hidden, outputs))]


def forward(net, x):
    h = np.tanh(x @ net[0])
    z = h @ net[1]
    return h, z if z.shape[1] == 1 else np.exp(z) / np.exp(z).sum(1, keepdims=True)


def data(rng, truth, rows):
    x = rng.normal(size=(rows, len(truth[0])))
    z = np.tanh(x @ truth[0]) @ truth[1] + rng.normal(0, 0.2, (rows, truth[1].shape[1]))
    return x, z if z.shape[1] == 1 else np.eye(z.shape[1])[z.argmax(1)]


def train(net, x, t, epochs, *, l2=0.0, decay=0.0, momentum=0.0):
    rng, net, steps = np.random.default_rng(1), [w.copy() for w in net], [0.0, 0.0]
    for rows in np.concatenate([rng.permutation(len(x)).reshape(-1, BATCH) for _ in range(epochs)]):
        h, o = forward(net, x[rows])
        delta = (o - t[rows]) / BATCH  # of softmax with cross-entropy and of ½(o − t)² alike
        gradients = x[rows].T @ (delta @ net[1].T * (1 - h * h)), h.T @ delta
        for i, g in enumerate(gradients):
            steps[i] = momentum * steps[i] + RATE * (g + l2 * net[i])  # door 1: in the gradient
            net[i] = net[i] - steps[i] - decay * net[i]  # door 2: after the step
    return net


rng, epochs = np.random.default_rng(0), 5 if "--quick" in sys.argv else 500
for sizes in ((4, 7, 3), (8, 100, 1)):
    truth, start = network(rng, *sizes), network(rng, *sizes)
    (x, t), (x_new, t_new) = data(rng, truth, 100), data(rng, truth, 1000)
    for momentum in (0.0, 0.9):
        print(f"{'-'.join(map(str, sizes))}, momentum {momentum}")
        runs = ("neither", 0.0, 0.0), ("L2, λ", PENALTY, 0.0), ("decay, α = ηλ", 0.0, RATE * PENALTY)
        nets = {name: train(start, x, t, epochs, l2=a, decay=b, momentum=momentum) for name, a, b in runs}
        for name, net in nets.items():
            new = forward(net, x_new)[1]
            right = abs(new - t_new) < 0.5 if sizes[-1] == 1 else new.argmax(1) == t_new.argmax(1)
            print(f"  {name:14} error {np.mean((new - t_new) ** 2):.4f}, accuracy {right.mean():.3f},", end=" ")
            print(f"‖w‖ {np.sqrt(sum(np.sum(w**2) for w in net)):.3f}")
        twins = zip(nets["L2, λ"], nets["decay, α = ηλ"], strict=True)
        print(f"  the twins are {np.sqrt(sum(np.sum((a - b) ** 2) for a, b in twins)):.0e} apart")

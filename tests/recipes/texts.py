"""Texts as users write them, each with what its framework means by it."""

from halflife.recipes import Where
from halflife.rules import Law

SGD = "torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)"

READ = [
    (SGD, "momentum", Law.L2, 5e-4),
    ("keras.optimizers.Adam(1e-3, weight_decay=0.01)", "adam", Law.DECOUPLED, 0.01),
    ("optimizer = keras.optimizers.SGD(0.1)\nkernel_regularizer = keras.regularizers.L2(1e-4)", "sgd", Law.L2, 2e-4),
    ("keras.optimizers.SGD(0.1)\nkeras.layers.Dense(3, kernel_regularizer='l2')", "sgd", Law.L2, 0.02),
    ("optax.chain(optax.add_decayed_weights(1e-3), optax.sgd(0.1))", "sgd", Law.L2, 1e-3),
    ("optax.chain(optax.sgd(0.1, 0.9), optax.add_decayed_weights(-1e-3))", "momentum", Law.CONSTANT, 1e-3),
    ("optax.adamw(1e-3)", "adam", Law.DECOUPLED, 1e-4),
    ("MLPClassifier(solver='sgd', alpha=1e-2, batch_size=50)", "nesterov", Law.L2, 2e-4),
    ("tfa.optimizers.AdamW(1e-4)", "adam", Law.CONSTANT, 1e-4),
    ("Learner(dls, model, opt_func=partial(SGD, mom=0.9), lr=0.1, wd=0.02)", "momentum", Law.DECOUPLED, 0.02),
    ("optimi.AdamW(model.parameters(), lr=1e-3)", "adam", Law.DECOUPLED, 0.01),
    ("composer.optim.DecoupledAdamW(model.parameters())", "adam", Law.INDEPENDENT, 1e-5),
    ("lion_pytorch.Lion(p, lr=1e-4, weight_decay=0.01)", "lion", Law.DECOUPLED, 0.01),
    ("python run.py --learning_rate 5e-5 --weight_decay 0.1 --max_steps 100", "adam", Law.DECOUPLED, 0.1),
    ("--opt sgd --lr 0.1 --weight-decay 5e-4", "nesterov", Law.L2, 5e-4),
    ("--opt sgdc --lr 0.1 --weight-decay 5e-4", "nesterov", Law.CORRECTED, 5e-4),
    ("paddle.optimizer.Momentum(0.1, weight_decay=paddle.regularizer.L2Decay(1e-4))", "momentum", Law.L2, 1e-4),
    ('base_lr: 0.01\nmomentum: 0.9 # buffer\nweight_decay: 0.0005\ntype: "Nesterov"', "nesterov", Law.L2, 5e-4),
    ('{"optimizer": {"type": "Adam", "params": {"lr": 1e-3, "weight_decay": 0.1}}}', "adam", Law.DECOUPLED, 0.1),
    ('{"optimizer": {"type": "Adam", "params": {"weight_decay": 0.1, "adam_w_mode": false}}}', "adam", Law.L2, 0.1),
    ("AdamW of Loshchilov & Hutter: α = 0.001, λ = 1e-5", "adam", Law.INDEPENDENT, 1e-5),
    ("η = 0.1, λ = 5e-4", "sgd", Law.L2, 5e-4),
    ("eta = 0.1, mu = 0.5, alpha = 0.001", "mccaffrey", Law.CONSTANT, 0.001),
]

BARE = [
    ("torch.optim.AdamW(model.parameters())", "adam", Law.DECOUPLED, 0.01),
    ("torch.optim.Adam(model.parameters())", "adam", Law.NONE, 0.0),
    ("keras.optimizers.AdamW()", "adam", Law.DECOUPLED, 0.004),
    ("keras.optimizers.Adam()", "adam", Law.NONE, 0.0),
    ("keras.optimizers.SGD()\nkernel_regularizer = keras.regularizers.L2()", "sgd", Law.L2, 0.02),
    ("optax.adamw(1e-3)", "adam", Law.DECOUPLED, 1e-4),
    ("optax.lion(1e-3)", "lion", Law.DECOUPLED, 1e-3),
    ("MLPClassifier()", "adam", Law.L2, 1e-4 / 200),
    ("MLPClassifier(solver='sgd')", "nesterov", Law.L2, 1e-4 / 200),
    ("optimi.AdamW(model.parameters(), lr=1e-3)", "adam", Law.DECOUPLED, 0.01),
    ("composer.optim.DecoupledAdamW(model.parameters())", "adam", Law.INDEPENDENT, 1e-5),
    ("Learner(dls, model, opt_func=Adam)", "adam", Law.DECOUPLED, 0.01),
    ("--opt sgd --lr 0.1", "nesterov", Law.L2, 2e-5),
    ("timm.optim.create_optimizer_v2(model, lr=0.1)", "nesterov", Law.NONE, 0.0),
    ("paddle.optimizer.AdamW()", "adam", Law.DECOUPLED, 0.01),
    ('{"optimizer": {"type": "Adam"}}', "adam", Law.NONE, 0.0),
    ("--learning_rate 1e-4", "adam", Law.NONE, 0.0),
]
"""How much is regularized where nothing is said."""

CHOICES = [
    ("torch.optim.AdamW(model.parameters())", Where.ALL),
    ("keras.optimizers.AdamW()", Where.ALL),
    ("optax.adamw(1e-3)", Where.ALL),
    ("MLPClassifier()", Where.WEIGHTS),
    ("Learner(dls, model, opt_func=Adam)", Where.WEIGHTS),
    ("--opt sgd --lr 0.1", Where.WEIGHTS),
    ("timm.optim.create_optimizer_v2(model, lr=0.1, weight_decay=0.1)", Where.WEIGHTS),
    ("--learning_rate 1e-4 --weight_decay 0.1", Where.WEIGHTS),
    ("base_lr: 0.1\nweight_decay: 0.1", Where.ALL),
]
"""What is regularized where nothing is said."""

"""Well-built trainings as well-known projects write them, group by group: (optimizers, model, example, loss)."""

import copy

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from recipes_sound import IMAGES, LABELS, ResNet, ViT, classified, split

TOKENS = torch.arange(32).view(4, 8) % 20


class Block(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width, bias=bias), nn.LayerNorm(width, bias=bias)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width, bias=bias), nn.Linear(width, width, bias=bias)
        self.c_fc, self.out = nn.Linear(width, 4 * width, bias=bias), nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        parts = self.c_attn(self.ln_1(x)).chunk(3, dim=-1)
        x = x + self.c_proj(nn.functional.scaled_dot_product_attention(*parts, is_causal=True))
        return x + self.out(nn.functional.gelu(self.c_fc(self.ln_2(x))))


class GPT(nn.Module):
    def __init__(self, width=16, words=20, depth=2, *, bias=False, tied=True, checkpointed=False):
        super().__init__()
        self.wte, self.wpe, self.checkpointed = nn.Embedding(words, width), nn.Embedding(8, width), checkpointed
        self.h = nn.ModuleList(Block(width, bias) for _ in range(depth))
        self.ln_f, self.lm_head = nn.LayerNorm(width, bias=bias), nn.Linear(width, words, bias=False)
        if tied:
            self.wte.weight = self.lm_head.weight

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = checkpoint(block, x, use_reentrant=False) if self.checkpointed else block(x)
        return self.lm_head(self.ln_f(x))


def language(model, *optimizers):
    return optimizers, model, TOKENS, lambda: nn.functional.cross_entropy(model(TOKENS).flatten(0, 1), TOKENS.flatten())


def nanogpt():
    """No biases, tied embeddings, fused AdamW, two groups by dimensions."""
    model = GPT()
    return language(model, torch.optim.AdamW(split(model, 0.1), lr=6e-4, betas=(0.9, 0.95), fused=True))


def mingpt():
    """The weights of linear layers are decayed, by the class of the module; embeddings, norms and biases are not."""
    model = GPT(bias=True, tied=False)
    kinds = {f"{n}.{k}": type(m) for n, m in model.named_modules() for k, _ in m.named_parameters(recurse=False)}
    spared = [n for n, kind in kinds.items() if kind is not nn.Linear]
    return language(model, torch.optim.AdamW(split(model, 0.1, spared), lr=3e-4, betas=(0.9, 0.95)))


def gradient_checkpointing():
    """Blocks that are called once more in the backward pass."""
    model = GPT(checkpointed=True)
    return language(model, torch.optim.AdamW(split(model, 0.1), lr=6e-4, betas=(0.9, 0.95)))


def hugging_face():
    """All but biases and the parameters of norms, by name, with the Trainer's AdamW."""
    model = GPT(bias=True)
    spared = [n for n, _ in model.named_parameters() if "bias" in n or "ln_" in n]
    return language(model, torch.optim.AdamW(split(model, 0.01, spared), lr=5e-4, eps=1e-8, foreach=True))


def layer_decay_of_timm():
    """A group a layer and kind, whose share of lr the scheduler multiplies in."""
    model, groups = ViT(), {}
    for name, p in model.named_parameters():
        depth = 0 if name.startswith(("patch", "cls", "pos")) else 2 if name.startswith("head") else 1
        strength = 0.0 if p.ndim < 2 or name in ("cls_token", "pos_embed") else 0.05
        group = {"params": [], "weight_decay": strength, "lr_scale": 0.75 ** (2 - depth), "param_names": []}
        group = groups.setdefault((depth, strength), group)
        group["params"].append(p)
        group["param_names"].append(name)
    return classified(model, torch.optim.AdamW(list(groups.values()), lr=1e-3))


def torchvision_references():
    """SGD with Nesterov, norms and biases without decay, an average of the weights, label smoothing."""
    model = ResNet()
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99))
    optimizer = torch.optim.SGD(split(model, 2e-5), lr=0.5, momentum=0.9, nesterov=True)
    optimizer.register_step_post_hook(lambda *_: average.update_parameters(model))
    return (optimizer,), model, IMAGES, lambda: nn.functional.cross_entropy(model(IMAGES), LABELS, label_smoothing=0.1)


def detectron2():
    """A group for each parameter, with norms spared, on a backbone whose norms and stem are frozen."""
    model = ResNet()
    model.bn1.requires_grad_(False)
    model.conv1.requires_grad_(False)
    model.fc = nn.Sequential(nn.Linear(8, 8), nn.GroupNorm(2, 8), nn.Linear(8, 5))
    groups = [
        {"params": [p], "weight_decay": 1e-4 if p.ndim > 1 else 0.0} for p in model.parameters() if p.requires_grad
    ]
    return classified(model, torch.optim.SGD(groups, lr=0.02, momentum=0.9))


def fastai():
    """Decoupled Adam with norms and biases apart, and a slower backbone."""
    model = ResNet()
    (body, vectors), head = split(model, 0.01), list(model.fc.parameters())
    body["params"] = [p for p in body["params"] if p is not model.fc.weight]
    vectors["params"] = [p for p in vectors["params"] if p is not model.fc.bias]
    slow = [{**group, "lr": 1e-3} for group in (body, vectors)]
    fast = [{"params": [head[0]], "weight_decay": 0.01}, {"params": [head[1]], "weight_decay": 0.0}]
    optimizer = torch.optim.Adam([*slow, *fast], lr=3e-3, betas=(0.9, 0.99), eps=1e-5, decoupled_weight_decay=True)
    return classified(model, optimizer)


def open_clip():
    """Two towers and a temperature that has no dimension."""
    model = nn.ModuleDict({"visual": ViT(), "text": GPT(bias=True)})
    model.logit_scale = nn.Parameter(torch.ones(()) * 2.6)

    def loss():
        image = nn.functional.normalize(model["visual"](IMAGES[:4]), dim=-1)
        text = nn.functional.normalize(model["text"](TOKENS).mean(1)[:, :5], dim=-1)
        return nn.functional.cross_entropy(model.logit_scale.exp() * image @ text.T, torch.arange(4))

    model.forward = lambda images: model["visual"](images)
    return (torch.optim.AdamW(split(model, 0.2), lr=5e-4, betas=(0.9, 0.98), eps=1e-6),), model, IMAGES[:4], loss


def teacher_and_student():
    """A copy that follows by averages and is in no optimizer (DINO, BYOL)."""
    student = ViT()
    teacher = copy.deepcopy(student).requires_grad_(False)
    model = nn.ModuleDict({"student": student, "teacher": teacher})
    model.forward = lambda images: student(images)

    def loss():
        with torch.no_grad():
            target = teacher(IMAGES).softmax(-1)
        return nn.functional.cross_entropy(student(IMAGES), target)

    return (torch.optim.AdamW(split(student, 0.04), lr=5e-4),), model, IMAGES, loss


def two_players():
    """A generator and a discriminator, with an optimizer each."""
    generator = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
    discriminator = nn.Sequential(nn.utils.parametrizations.spectral_norm(nn.Linear(3, 8)), nn.ReLU(), nn.Linear(8, 1))
    model = nn.ModuleDict({"generator": generator, "discriminator": discriminator})
    noise = torch.linspace(-1, 1, 24).view(6, 4).sin()
    model.forward = lambda x: discriminator(generator(x))
    players = [torch.optim.AdamW(split(part, 0.1), lr=lr, betas=(0.5, 0.999)) for part, lr in
               ((generator, 1e-3), (discriminator, 4e-3))]  # fmt: skip
    return players, model, noise, lambda: nn.functional.softplus(model(noise)).mean()


PROJECTS = (
    nanogpt, mingpt, gradient_checkpointing, hugging_face, layer_decay_of_timm, torchvision_references, detectron2,
    fastai, open_clip, teacher_and_student, two_players,
)  # fmt: skip

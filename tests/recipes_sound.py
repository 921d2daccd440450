"""Well-built trainings of today's recipes: each function returns (optimizers, model, example, loss)."""

import torch
from torch import nn

import halflife


class Residual(nn.Module):
    """A block of a ResNet."""

    def __init__(self, width):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x):
        return torch.relu(x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))))


class ResNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3, bias=False), nn.BatchNorm2d(width)
        self.layer1, self.fc = Residual(width), nn.Linear(width, 5)

    def forward(self, x):
        return self.fc(self.layer1(torch.relu(self.bn1(self.conv1(x)))).mean((2, 3)))


class ConvNeXtBlock(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.dwconv, self.norm = nn.Conv2d(width, width, 7, padding=3, groups=width), nn.LayerNorm(width)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(1e-2 * torch.ones(width))

    def forward(self, x):
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.stem, self.block, self.head = nn.Conv2d(3, width, 4, stride=4), ConvNeXtBlock(width), nn.Linear(width, 5)

    def forward(self, x):
        return self.head(self.block(self.stem(x)).mean((2, 3)))


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        return self.proj(nn.functional.scaled_dot_product_attention(*self.qkv(x).chunk(3, dim=-1)))


class ViT(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, 4, stride=4)
        self.cls_token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, 5, width))
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(width), Attention(width), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 5)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed
        x = x + self.attn(self.norm1(x))
        return self.head(self.norm((x + self.mlp(self.norm2(x)))[:, 0]))


class LowRank(nn.Module):
    """A frozen layer with a trained product of two thin matrices beside it."""

    def __init__(self, base, rank=2):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A = nn.Parameter(0.1 * torch.randn(rank, base.in_features))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.lora_A.T @ self.lora_B.T


def split(model, strength, spared=()):
    """What has two dimensions or more is decayed, but for what is named."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    decayed = [p for n, p in named if p.ndim > 1 and n not in spared]
    rest = [p for n, p in named if p.ndim < 2 or n in spared]
    return [{"params": decayed, "weight_decay": strength}, {"params": rest, "weight_decay": 0.0}]


IMAGES = torch.linspace(-1, 1, 6 * 3 * 8 * 8).sin().view(6, 3, 8, 8)
LABELS = torch.arange(6) % 5


def classified(model, *optimizers, images=IMAGES):
    return optimizers, model, images, lambda: nn.functional.cross_entropy(model(images), LABELS)


def resnet_sgd():
    model = ResNet()
    return classified(model, torch.optim.SGD(split(model, 1e-4), lr=0.1, momentum=0.9, nesterov=True))


def convnext_adamw():
    model = ConvNeXt()
    return classified(model, torch.optim.AdamW(split(model, 0.05), lr=4e-3))


def vit_adamw():
    model = ViT()
    return classified(model, torch.optim.AdamW(split(model, 0.3, ("cls_token", "pos_embed")), lr=3e-3, fused=True))


def vit_with_decayed_positions():
    model = ViT()
    return classified(model, torch.optim.AdamW(split(model, 0.1), lr=1e-3, betas=(0.9, 0.95), foreach=True))


def muon_and_adamw():
    model = ViT()
    hidden = [p for n, p in model.named_parameters() if p.ndim == 2 and "head" not in n]
    rest = [p for n, p in model.named_parameters() if not any(p is h for h in hidden)]
    other = [{"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.1},
             {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0}]  # fmt: skip
    return classified(model, torch.optim.Muon(hidden, lr=2e-2, weight_decay=0.1), torch.optim.AdamW(other, lr=3e-3))


def lora():
    model = ViT()
    model.requires_grad_(False)
    model.attn.qkv, model.attn.proj = LowRank(model.attn.qkv), LowRank(model.attn.proj)
    trained = [p for p in model.parameters() if p.requires_grad]
    return classified(model, torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.1))


def head_on_a_frozen_backbone():
    model = ResNet()
    model.requires_grad_(False)
    model.fc = nn.Linear(8, 5)
    return classified(model, torch.optim.SGD(split(model, 1e-3), lr=0.05, momentum=0.9))


def with_an_average():
    model = ResNet()
    average = torch.optim.swa_utils.AveragedModel(model)
    optimizer = torch.optim.AdamW(split(model, 0.05), lr=1e-3)
    optimizer.average = average
    return classified(model, optimizer)


def lion():
    from lion_pytorch import Lion

    model = ViT()
    return classified(model, Lion(split(model, 1.0), lr=1e-4))


def decoupled_radam():
    model = ResNet()
    return classified(model, torch.optim.RAdam(split(model, 0.05), lr=1e-3, decoupled_weight_decay=True))


def schedule_free():
    from schedulefree import AdamWScheduleFree

    model = ViT()
    optimizer = AdamWScheduleFree(split(model, 0.05), lr=2.5e-3)
    optimizer.train()
    return classified(model, optimizer)


def autocast():
    model = ViT()
    optimizer = torch.optim.AdamW(split(model, 0.1), lr=1e-3)

    def loss():
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return nn.functional.cross_entropy(model(IMAGES).float(), LABELS)

    return (optimizer,), model, IMAGES, loss


def regularized_by_halflife():
    model = ResNet()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.ndim > 1], lr=0.1, momentum=0.9)
    rest = torch.optim.SGD([p for p in model.parameters() if p.ndim < 2], lr=0.1, momentum=0.9)
    halflife.regularize(optimizer, half_life=5000)
    return classified(model, optimizer, rest)


def unregularized():
    model = ResNet()
    return classified(model, torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.5, 0.999)))


def accumulated():
    model = ViT()
    optimizer = torch.optim.AdamW(split(model, 0.1), lr=1e-3)
    return (
        (optimizer,),
        model,
        IMAGES,
        lambda: sum(nn.functional.cross_entropy(model(IMAGES[i::2]), LABELS[i::2]) / 2 for i in (0, 1)),
    )


SOUND = (
    resnet_sgd, convnext_adamw, vit_adamw, vit_with_decayed_positions, muon_and_adamw, lora, head_on_a_frozen_backbone,
    with_an_average, lion, decoupled_radam, schedule_free, autocast, regularized_by_halflife, unregularized,
    accumulated,
)  # fmt: skip

"""Torchvision's families of networks, a block or two of each, a few channels wide.

The blocks are written as torchvision writes theirs, so that exporters make the same operators of
them; torchvision itself is not needed.
"""

from __future__ import annotations

import torch
from layouts import torch_resnet
from torch import nn
from torch.nn import functional


def normed(channels: int, filters: int, size, act=nn.ReLU, **more) -> nn.Sequential:
    """A convolution without bias that keeps the size at stride 1, its norm, its activation."""
    norm = nn.BatchNorm2d(filters, eps=1e-3)
    convolution = nn.Conv2d(channels, filters, size, bias=False, **more)
    return nn.Sequential(convolution, norm, *([act()] if act else []))


def stem(filters: int = 8, act=nn.ReLU) -> nn.Sequential:
    return normed(3, filters, 3, act, stride=2, padding=1)


def classified(body: nn.Module, channels: int, classes: int = 5) -> nn.Sequential:
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(channels, classes)
    return nn.Sequential(body, *head)


class Sum(nn.Module):
    """x and what a branch makes of it."""

    def __init__(self, *branch: nn.Module):
        super().__init__()
        self.branch = nn.Sequential(*branch)

    def forward(self, x):
        return x + self.branch(x)


class Joined(nn.Module):
    """What several branches make of x, one after the other along the channels."""

    def __init__(self, *branches: nn.Module):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Gated(nn.Module):
    """torchvision.ops.SqueezeExcitation"""

    def __init__(self, channels: int, act, gate):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, 4, 1), nn.Conv2d(4, channels, 1)
        self.activation, self.scale_activation = act(), gate()

    def forward(self, x):
        scale = self.activation(self.fc1(self.avgpool(x)))
        return self.scale_activation(self.fc2(scale)) * x


def inverted(act, gate: nn.Module | None = None) -> Sum:
    """The inverted residual of 8 channels and its depthwise convolution of 16."""
    gates = [gate] if gate else []
    depthwise = normed(16, 16, 5, act, padding=2, groups=16)
    return Sum(normed(8, 16, 1, act), depthwise, *gates, normed(16, 8, 1, None))


class DenseLayer(nn.Module):
    def __init__(self, channels: int, growth: int = 4):
        super().__init__()
        self.norm1, self.relu1 = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(channels, 8, 1, bias=False)
        self.norm2, self.relu2 = nn.BatchNorm2d(8), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, growth, 3, padding=1, bias=False)

    def forward(self, features: list[torch.Tensor]):
        y = self.conv1(self.relu1(self.norm1(torch.cat(features, 1))))
        return self.conv2(self.relu2(self.norm2(y)))


class DenseBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.layers = nn.ModuleList([DenseLayer(channels + 4 * number) for number in range(2)])

    def forward(self, x):
        features = [x]
        for layer in self.layers:
            features.append(layer(features))
        return torch.cat(features, 1)


class Shuffled(nn.Module):
    """ShuffleNetV2's unit: one half passes, the other is worked on, and both are interleaved."""

    def __init__(self, channels: int = 8):
        super().__init__()
        half = channels // 2
        depthwise = normed(half, half, 3, None, padding=1, groups=half)
        self.branch2 = nn.Sequential(normed(half, half, 1), depthwise, normed(half, half, 1))

    def forward(self, x):
        x1, x2 = x.chunk(2, dim=1)
        x = torch.cat((x1, self.branch2(x2)), dim=1)
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width)
        return torch.transpose(x, 1, 2).contiguous().view(batch, channels, height, width)


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        x = functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class Permute(nn.Module):
    def __init__(self, *axes: int):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return torch.permute(x, self.axes)


class ConvNeXtBlock(nn.Module):
    def __init__(self, channels: int = 8):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, 16),
            nn.GELU(),
            nn.Linear(16, channels),
            Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.rand(channels, 1, 1))

    def forward(self, x):
        return self.layer_scale * self.block(x) + x


class TransformedInput(nn.Module):
    """GoogLeNet's and InceptionV3's: pixels normalised for torch become those of TensorFlow."""

    def forward(self, x):
        channels = []
        for channel, (mean, std) in enumerate(((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))):
            plane = torch.unsqueeze(x[:, channel], 1)
            channels.append(plane * (std / 0.5) + (mean - 0.5) / 0.5)
        return torch.cat(channels, 1)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = normed(3, 4, 3, padding=1), normed(4, 8, 3, padding=1)
        self.bottom, self.pool = normed(8, 16, 3, padding=1), nn.MaxPool2d(2)
        self.up2, self.up1 = nn.ConvTranspose2d(16, 8, 2, 2), nn.ConvTranspose2d(8, 4, 4, 2, 1)
        self.merge2, self.merge1 = normed(16, 8, 3, padding=1), normed(8, 4, 3, padding=1)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        upper = self.down1(x)
        lower = self.down2(self.pool(upper))
        x = self.up2(self.bottom(self.pool(lower)))
        x = self.merge2(torch.cat([x, lower], 1))
        x = self.merge1(torch.cat([self.up1(x), upper], 1))
        return self.head(x)


class ASPPPooling(nn.Sequential):
    def forward(self, x):
        size = x.shape[-2:]
        for module in self:
            x = module(x)
        return functional.interpolate(x, size=size, mode="bilinear", align_corners=False)


class DeepLab(nn.Module):
    """A dilated backbone, the pyramid of dilations, and the map enlarged to the image's size."""

    def __init__(self):
        super().__init__()
        dilated = Sum(normed(8, 8, 3, padding=2, dilation=2), normed(8, 8, 1, None))
        self.backbone = nn.Sequential(stem(), nn.MaxPool2d(3, 2, 1), dilated, nn.ReLU())
        pooled = ASPPPooling(nn.AdaptiveAvgPool2d(1), normed(8, 4, 1))
        rates = [normed(8, 4, 3, padding=rate, dilation=rate) for rate in (2, 4)]
        self.classifier = nn.Sequential(
            Joined(normed(8, 4, 1), *rates, pooled), nn.Conv2d(16, 3, 1)
        )

    def forward(self, x):
        y = self.classifier(self.backbone(x))
        return functional.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)


def vgg_bn() -> nn.Module:
    body = []
    for channels, filters in ((3, 6), (6, 8)):
        body += [nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters)]
        body += [nn.ReLU(inplace=True), nn.MaxPool2d(2, 2)]
    head = nn.Flatten(1), nn.Linear(512, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, 5)
    return nn.Sequential(*body, nn.MaxPool2d(2, 2), nn.AdaptiveAvgPool2d(8), *head)


def densenet() -> nn.Module:
    transition = nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.Conv2d(16, 8, 1, bias=False)
    ending = nn.BatchNorm2d(16), nn.ReLU(inplace=True)
    blocks = DenseBlock(8), *transition, nn.AvgPool2d(2, 2), DenseBlock(8), *ending
    return classified(nn.Sequential(stem(), *blocks), 16)


def googlenet() -> nn.Module:
    pooled = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), normed(8, 4, 1))
    deep = nn.Sequential(normed(8, 4, 1), normed(4, 8, 3, padding=1))
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    return classified(
        nn.Sequential(TransformedInput(), stem(), pool, Joined(normed(8, 4, 1), deep, pooled)), 16
    )


def inception_v3() -> nn.Module:
    wide, tall = {"padding": (0, 3)}, {"padding": (3, 0)}
    sevens = nn.Sequential(normed(8, 4, (1, 7), **wide), normed(4, 8, (7, 1), **tall))
    pooled = nn.Sequential(nn.AvgPool2d(3, 1, 1), normed(8, 4, 1))
    threes = normed(12, 4, (1, 3), padding=(0, 1)), normed(12, 4, (3, 1), padding=(1, 0))
    reduction = Joined(normed(20, 4, 3, stride=2), nn.MaxPool2d(3, 2))
    fork = Joined(nn.Sequential(normed(24, 12, 1), Joined(*threes)), normed(24, 4, 1))
    body = stem(), normed(8, 8, 3), Joined(sevens, pooled, normed(8, 8, 1)), reduction, fork
    return classified(nn.Sequential(*body), 12)


def squeezenet() -> nn.Module:
    expand = Joined(
        nn.Sequential(nn.Conv2d(4, 8, 1), nn.ReLU(inplace=True)),
        nn.Sequential(nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(inplace=True)),
    )
    start = nn.Conv2d(3, 8, 3, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, ceil_mode=True)
    fire = nn.Conv2d(8, 4, 1), nn.ReLU(inplace=True), expand
    ending = nn.Dropout(), nn.Conv2d(16, 5, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1)
    return nn.Sequential(*start, *fire, *ending, nn.Flatten(1))


def regnet() -> nn.Module:
    grouped = normed(8, 8, 3, padding=1, groups=2)
    gate = Gated(8, nn.ReLU, nn.Sigmoid)
    block = Sum(normed(8, 8, 1), grouped, gate, normed(8, 8, 1, None))
    return classified(nn.Sequential(stem(), block, nn.ReLU(inplace=True)), 8)


def convnext() -> nn.Module:
    patches = nn.Conv2d(3, 8, 4, 4), LayerNorm2d(8, eps=1e-6)
    smaller = LayerNorm2d(8, eps=1e-6), nn.Conv2d(8, 8, 2, 2)
    body = nn.Sequential(*patches, ConvNeXtBlock(), *smaller, ConvNeXtBlock())
    head = nn.AdaptiveAvgPool2d(1), LayerNorm2d(8, eps=1e-6), nn.Flatten(1), nn.Linear(8, 5)
    return nn.Sequential(body, *head)


def mobile(act, gate: nn.Module | None = None) -> nn.Module:
    return classified(nn.Sequential(stem(8, act), inverted(act, gate), normed(8, 12, 1, act)), 12)


NETWORKS = {
    "resnet18": lambda: torch_resnet((1, 1), 5, bottleneck=False),
    "resnet50": lambda: torch_resnet((2,), 5),
    "resnext50": lambda: torch_resnet((1,), 5, groups=32, group_width=4),
    "wide_resnet50": lambda: torch_resnet((1,), 5, group_width=128),
    "vgg11_bn": vgg_bn,
    "densenet121": densenet,
    "googlenet": googlenet,
    "inception_v3": inception_v3,
    "mobilenet_v2": lambda: mobile(nn.ReLU6),
    "mobilenet_v3": lambda: mobile(nn.Hardswish, Gated(16, nn.ReLU, nn.Hardsigmoid)),
    "efficientnet_b0": lambda: mobile(nn.SiLU, Gated(16, nn.SiLU, nn.Sigmoid)),
    "mnasnet0_5": lambda: mobile(nn.ReLU),
    "convnext_tiny": convnext,
    "regnet_y_400mf": regnet,
    "shufflenet_v2": lambda: classified(nn.Sequential(stem(), Shuffled(), Shuffled()), 8),
    "squeezenet1_1": squeezenet,
    "unet": UNet,
    "deeplabv3": DeepLab,
}


def make(name: str, size: int) -> tuple[nn.Module, torch.Tensor]:
    """A network with random weights and norms that fit them, and an image for it."""
    torch.manual_seed(20141106)
    model = NETWORKS[name]()
    norms = [each for each in model.modules() if isinstance(each, nn.BatchNorm2d)]
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.bias, std=0.2)
        # all that it sees counts alike, not the last images most
        norm.momentum = None
    with torch.no_grad():
        model.train()(torch.randn(4, 3, size, size))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.eval(), torch.randn(1, 3, size, size)


# the activations whose signal deconvnet passes wherever the unit was below 0
RECTIFIERS = (nn.ReLU, nn.ReLU6)
SMOOTH = (nn.Hardswish, nn.SiLU, nn.GELU)


class ByRule(nn.Module):
    """An activation whose derivative is the rule's, written down again from the papers."""

    def __init__(self, activation: nn.Module, rule: str):
        super().__init__()
        self.activation, self.rule = activation, rule

    def forward(self, x):
        return Signal.apply(x, self.activation, self.rule)


class Signal(torch.autograd.Function):
    @staticmethod
    def forward(context, x, activation, rule):
        with torch.enable_grad():
            values = x.detach().requires_grad_()
            y = activation(values.clone())
            (slope,) = torch.autograd.grad(y.sum(), values)
        if rule == "deconvnet" and isinstance(activation, RECTIFIERS):
            slope = torch.ones_like(slope)
        context.save_for_backward(slope)
        context.rule = rule
        return y.detach()

    @staticmethod
    def backward(context, signal):
        (slope,) = context.saved_tensors
        if context.rule != "gradient":
            signal = signal.clamp(min=0)
        return signal * slope, None, None


def with_rule(model: nn.Module, rule: str) -> None:
    """Gives the activations of a model the rule's derivative, in place."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(parent, ByRule):
                parent.rule = rule
            elif isinstance(child, (*RECTIFIERS, *SMOOTH)):
                setattr(parent, name, ByRule(child, rule))

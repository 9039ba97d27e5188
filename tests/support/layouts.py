"""Models laid out by their makers' code, layer names included: torchvision's, Keras's of 2015.

Without torchvision.
"""

from __future__ import annotations


def torch_resnet(
    blocks: tuple[int, ...],
    classes: int,
    bottleneck: bool = True,
    groups: int = 1,
    group_width: int = 64,
):
    """torchvision's ResNet: its modules by their names there."""
    from torch import nn

    class BasicBlock(nn.Module):
        expansion = 1

        def __init__(self, channels: int, filters: int, stride: int, downsample):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(filters)
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(filters)
            self.downsample = downsample

        def branch(self, x):
            return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))

        def forward(self, x):
            shortcut = x if self.downsample is None else self.downsample(x)
            return self.relu(self.branch(x) + shortcut)

    class Bottleneck(BasicBlock):
        expansion = 4

        def __init__(self, channels: int, filters: int, stride: int, downsample):
            nn.Module.__init__(self)
            width = int(filters * (group_width / 64.0)) * groups
            self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.conv3 = nn.Conv2d(width, 4 * filters, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(4 * filters)
            self.relu = nn.ReLU()
            self.downsample = downsample

        def branch(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.relu(self.bn2(self.conv2(y)))
            return self.bn3(self.conv3(y))

    block_kind = Bottleneck if bottleneck else BasicBlock

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(64)
            self.relu = nn.ReLU()
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            channels = 64
            for stage, count in enumerate(blocks):
                filters = 64 * 2**stage
                made = []
                for block in range(count):
                    stride = 2 if block == 0 and stage > 0 else 1
                    into, channels = channels, block_kind.expansion * filters
                    downsample = None
                    if stride != 1 or into != channels:
                        projection = nn.Conv2d(into, channels, 1, stride, bias=False)
                        downsample = nn.Sequential(projection, nn.BatchNorm2d(channels))
                    made.append(block_kind(into, filters, stride, downsample))
                setattr(self, f"layer{stage + 1}", nn.Sequential(*made))
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(channels, classes)

        def forward(self, x):
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            for stage in range(1, len(blocks) + 1):
                x = self.get_submodule(f"layer{stage}")(x)
            return self.fc(self.avgpool(x).flatten(1))

    return ResNet()


def torch_vgg(plan: str, classes: int, norms: bool, cells: int = 49):
    """torchvision's VGG; plan: filters of convolutions, M: a pool; cells: those of the last map."""
    from torch import nn

    class VGG(nn.Module):
        def __init__(self):
            super().__init__()
            modules = []
            channels = 3
            for step in plan.split():
                if step == "M":
                    modules.append(nn.MaxPool2d(2, 2))
                    continue
                modules.append(nn.Conv2d(channels, int(step), 3, padding=1))
                channels = int(step)
                if norms:
                    modules.append(nn.BatchNorm2d(channels))
                modules.append(nn.ReLU(inplace=True))
            self.features = nn.Sequential(*modules)
            self.classifier = nn.Sequential(
                nn.Linear(512 * cells, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, classes),
            )

        def forward(self, x):
            return self.classifier(self.features(x).flatten(1))

    return VGG()


def torch_alexnet(classes: int):
    """torchvision's AlexNet."""
    from torch import nn

    class AlexNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(3, 64, 11, 4, 2),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
                nn.Conv2d(64, 192, 5, padding=2),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
                nn.Conv2d(192, 384, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(384, 256, 3, padding=1),
                nn.ReLU(),
                nn.Conv2d(256, 256, 3, padding=1),
                nn.ReLU(),
                nn.MaxPool2d(3, 2),
            )
            self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
            self.classifier = nn.Sequential(
                nn.Dropout(),
                nn.Linear(256 * 6 * 6, 4096),
                nn.ReLU(),
                nn.Dropout(),
                nn.Linear(4096, 4096),
                nn.ReLU(),
                nn.Linear(4096, classes),
            )

        def forward(self, x):
            return self.classifier(self.avgpool(self.features(x)).flatten(1))

    return AlexNet()


def keras_2015(padded: bool, classes: int, size: tuple[int, int]):
    """ResNet50 as keras/applications/resnet50.py had it from 2015 to 2018, up to the logits."""
    import keras
    from keras import layers

    def convolution(x, filters: int, taps: int, name: str, bn: str, rectify: bool = True, **how):
        x = layers.Conv2D(filters, taps, name=name, **how)(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=bn)(x)
        return layers.Activation("relu")(x) if rectify else x

    keras.utils.clear_session()
    entry = keras.Input((*size, 3))
    x = convolution(layers.ZeroPadding2D(3)(entry), 64, 7, "conv1", "bn_conv1", strides=2)
    x = layers.MaxPooling2D(3, 2, name="pool1")(layers.ZeroPadding2D(1)(x) if padded else x)
    for stage, blocks in enumerate(("abc", "abcd", "abcdef", "abc"), 2):
        for block in blocks:
            old = f"{stage}{block}_branch"
            filters = 16 * 2**stage
            stride = 2 if stage > 2 and block == "a" else 1
            y = convolution(x, filters, 1, f"res{old}2a", f"bn{old}2a", strides=stride)
            y = convolution(y, filters, 3, f"res{old}2b", f"bn{old}2b", padding="same")
            y = convolution(y, 4 * filters, 1, f"res{old}2c", f"bn{old}2c", rectify=False)
            if block == "a":
                x = convolution(
                    x, 4 * filters, 1, f"res{old}1", f"bn{old}1", rectify=False, strides=stride
                )
            x = layers.Activation("relu", name=f"out{stage}{block}")(layers.Add()([y, x]))
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return keras.Model(entry, layers.Dense(classes, name="fc1000")(x))

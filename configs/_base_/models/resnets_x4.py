# The paper's own pair, resnet32x4 and resnet8x4, for 3 x 32 x 32 images. Each replaces the backbone of a ResNet and
# keeps its number of classes.
resnet32x4 = dict(
    backbone=dict(type='mmrazor.CIFARResNet', depth=32, stem_channels=32, base_channels=64), head=dict(in_channels=256))
resnet8x4 = dict(
    backbone=dict(type='mmrazor.CIFARResNet', depth=8, stem_channels=32, base_channels=64), head=dict(in_channels=256))

# Wide residual networks (Zagoruyko and Komodakis, 2016) for 3 x 32 x 32 images, WRN-depth-width. Each replaces the
# backbone of a ResNet and keeps its number of classes.
wrn40x2 = dict(backbone=dict(type='mmrazor.WideResNet', depth=40, widen_factor=2), head=dict(in_channels=128))
wrn40x1 = dict(backbone=dict(type='mmrazor.WideResNet', depth=40, widen_factor=1), head=dict(in_channels=64))
wrn16x2 = dict(backbone=dict(type='mmrazor.WideResNet', depth=16, widen_factor=2), head=dict(in_channels=128))
wrn16x1 = dict(backbone=dict(type='mmrazor.WideResNet', depth=16, widen_factor=1), head=dict(in_channels=64))

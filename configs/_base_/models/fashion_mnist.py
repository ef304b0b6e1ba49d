# The networks of the Fashion-MNIST configs, for 1 x 28 x 28 images in ten classes: plain nets of five convolutions, the
# energy with SiLU and without norm.
teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmallConvNet', width=48),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=48, loss=dict(type='CrossEntropyLoss')))
student = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmallConvNet', width=16),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=16, loss=dict(type='CrossEntropyLoss')))
energy_net = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmallConvNet', width=32, norm=None, activation='SiLU'),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=32, loss=dict(type='CrossEntropyLoss')))
flow_net = dict(  # the energy of the priors by energy matching
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=48,
        strides=(1, 2), stem_stride=2),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=9408, loss=dict(type='CrossEntropyLoss')))
narrow_flow_net = dict(  # half as wide
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=24,
        strides=(1, 2), stem_stride=2),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=4704, loss=dict(type='CrossEntropyLoss')))

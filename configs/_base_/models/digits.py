# The networks of the digits configs, for 1 x 8 x 8 images in ten classes.
teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='ResNet_CIFAR', depth=18, in_channels=1, stem_channels=32, base_channels=32),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=256, loss=dict(type='CrossEntropyLoss')))
student = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='ResNet_CIFAR', depth=18, in_channels=1, stem_channels=8, base_channels=8),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=64, loss=dict(type='CrossEntropyLoss')))
energy_net = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=64, loss=dict(type='CrossEntropyLoss')))
conv_teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmallConvNet', width=48),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=48, loss=dict(type='CrossEntropyLoss')))
flow_net = dict(  # the energy of the priors by energy matching
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, in_channels=1, base_channels=32,
        strides=(1, 2)),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=2048, loss=dict(type='CrossEntropyLoss')))

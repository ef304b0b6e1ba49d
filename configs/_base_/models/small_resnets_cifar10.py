# Small residual networks for 3 x 32 x 32 images in ten classes, that two CPU cores can train in an hour: three stages
# at 16, 8 and 4 pixels, a teacher of 32, 64 and 128 channels, a student of half of them; the energy with SiLU and
# without norm.
teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='ResNet_CIFAR', depth=18, stem_channels=32, base_channels=32, num_stages=3, strides=(2, 2, 2),
        dilations=(1, 1, 1), out_indices=(2, )),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=128, loss=dict(type='CrossEntropyLoss')))
student = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='ResNet_CIFAR', depth=18, stem_channels=16, base_channels=16, num_stages=3, strides=(2, 2, 2),
        dilations=(1, 1, 1), out_indices=(2, )),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=64, loss=dict(type='CrossEntropyLoss')))
energy_net = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, base_channels=32, strides=(2, 2, 2)),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=128, loss=dict(type='CrossEntropyLoss')))
flow_net = dict(  # the energy of the priors by energy matching
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(
        type='mmrazor.SmoothWideResNet', depth=10, widen_factor=1, base_channels=64,
        strides=(1, 2, 2), stem_stride=2),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=8192, loss=dict(type='CrossEntropyLoss')))

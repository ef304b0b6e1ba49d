# The networks of the CIFAR-10 and SVHN configs, for 3 x 32 x 32 images in ten classes: ResNet-34 teaches ResNet-18,
# both as mmpretrain builds and publishes them for this size; the energy is a WRN-28-10, smooth and without norm.
teacher = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='ResNet_CIFAR', depth=34),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=512, loss=dict(type='CrossEntropyLoss')))
student = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='ResNet_CIFAR', depth=18),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=512, loss=dict(type='CrossEntropyLoss')))
energy_net = dict(
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmoothWideResNet', depth=28, widen_factor=10),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=640, loss=dict(type='CrossEntropyLoss')))
flow_net = dict(  # the energy of the priors by energy matching
    _scope_='mmpretrain',
    type='ImageClassifier',
    backbone=dict(type='mmrazor.SmoothWideResNet', depth=16, widen_factor=1, base_channels=128),
    neck=dict(type='mmrazor.FlattenNeck'),
    head=dict(type='LinearClsHead', num_classes=10, in_channels=65536, loss=dict(type='CrossEntropyLoss')))

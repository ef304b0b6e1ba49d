# resnet32x4 teaches resnet8x4, for 3 x 32 x 32 images in ten classes: the paper's own pair. The energy is a WRN-28-10,
# smooth and without norm.
_base_ = ['./resnets_cifar.py']

teacher = dict(
    backbone=dict(_delete_=True, type='mmrazor.CIFARResNet', depth=32, stem_channels=32, base_channels=64),
    head=dict(in_channels=256))
student = dict(
    backbone=dict(_delete_=True, type='mmrazor.CIFARResNet', depth=8, stem_channels=32, base_channels=64),
    head=dict(in_channels=256))

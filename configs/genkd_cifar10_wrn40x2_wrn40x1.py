# GenKD on CIFAR-10, WRN-40-2 to WRN-40-1, everything else as in genkd_cifar10_wrn40x2_wrn16x2.py.
_base_ = ['./genkd_cifar10_wrn40x2_wrn16x2.py']

model = dict(architecture=dict(backbone=dict(depth=40, widen_factor=1), head=dict(in_channels=64)))

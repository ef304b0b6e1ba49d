# GenKD on CIFAR-100, WRN-40-2 to WRN-16-1, everything else as in genkd_cifar100_wrn40x2_wrn16x2.py.
_base_ = ['./genkd_cifar100_wrn40x2_wrn16x2.py']

model = dict(architecture=dict(backbone=dict(widen_factor=1), head=dict(in_channels=64)))

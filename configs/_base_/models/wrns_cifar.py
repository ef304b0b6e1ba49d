# WRN-40-2 teaches WRN-16-2 (Zagoruyko and Komodakis, 2016), for 3 x 32 x 32 images in ten classes. The energy is a
# WRN-28-10, smooth and without norm.
_base_ = ['./resnets_cifar.py']

teacher = dict(
    backbone=dict(_delete_=True, type='mmrazor.WideResNet', depth=40, widen_factor=2), head=dict(in_channels=128))
student = dict(
    backbone=dict(_delete_=True, type='mmrazor.WideResNet', depth=16, widen_factor=2), head=dict(in_channels=128))

# VGG-11 teaches ResNet-18, for 3 x 32 x 32 images in ten classes. The last pooling is an average over its 2 x 2 map,
# and one linear layer follows, as CIFAR's VGGs have it. The energy is a WRN-28-10, smooth and without norm.
_base_ = ['./resnets_cifar.py']

teacher = dict(backbone=dict(
    _delete_=True, type='VGG', depth=11, norm_cfg=dict(type='BN'), with_last_pool=False))

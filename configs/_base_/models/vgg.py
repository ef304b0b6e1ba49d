# VGG-11 for 3 x 32 x 32 images. It replaces the backbone of a ResNet and keeps its number of classes. The last pooling
# is an average over its 2 x 2 map, and one linear layer follows, as CIFAR's VGGs have it.
vgg11 = dict(backbone=dict(type='VGG', depth=11, norm_cfg=dict(type='BN'), with_last_pool=False))

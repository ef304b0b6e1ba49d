# scikit-learn's digits: 8 x 8 grey images, nothing to download.
num_classes = 10
image_shape = (1, 8, 8)
mean, std = [77.8], [95.9]
data_preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean=mean, std=std)

pipeline = [dict(type='mmpretrain.PackInputs')]
data_train = dict(type='Digits', split='train', pipeline=pipeline)
# What priors without the data learn from: Fashion-MNIST, scaled down.
data_proxy = dict(
    type='mmpretrain.FashionMNIST',
    data_root='data/fashion_mnist',
    split='train',
    metainfo=dict(classes=list('0123456789')),
    pipeline=[
        dict(type='mmpretrain.Resize', scale=8, interpolation='area'),
        dict(type='mmpretrain.PackInputs')])
val_dataloader = dict(
    batch_size=500,
    num_workers=0,
    dataset=dict(type='Digits', split='test', pipeline=pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='mmpretrain.Accuracy', topk=(1, ))
val_cfg = dict()
test_dataloader, test_evaluator, test_cfg = val_dataloader, val_evaluator, val_cfg

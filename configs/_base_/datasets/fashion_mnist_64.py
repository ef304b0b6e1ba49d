# Fashion-MNIST enlarged to 64 x 64 pixels: it stands for images that a teacher takes at a size too large for chains of
# pixels. Everything but image_shape and the pipeline is as in fashion_mnist.py.
num_classes = 10
image_shape = (1, 64, 64)
mean, std = [72.94], [90.02]
data_preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean=mean, std=std)

pipeline = [dict(type='mmpretrain.Resize', scale=64), dict(type='mmpretrain.PackInputs')]
data_train = dict(type='mmpretrain.FashionMNIST', data_root='data/fashion_mnist', split='train', pipeline=pipeline)
val_dataloader = dict(
    batch_size=500,
    num_workers=0,
    dataset=dict(
        type='mmpretrain.FashionMNIST', data_root='data/fashion_mnist', split='test', test_mode=True,
        pipeline=pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='mmpretrain.Accuracy', topk=(1, ))
val_cfg = dict()
test_dataloader, test_evaluator, test_cfg = val_dataloader, val_evaluator, val_cfg

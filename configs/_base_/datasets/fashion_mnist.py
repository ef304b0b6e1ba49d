# Fashion-MNIST; mmpretrain downloads its four IDX files if data_root is empty. A test set needs test_mode as well as
# split, or mmpretrain reads the training images.
num_classes = 10
image_shape = (1, 28, 28)
mean, std = [72.94], [90.02]
data_preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean=mean, std=std)

pipeline = [dict(type='mmpretrain.PackInputs')]
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

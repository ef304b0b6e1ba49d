# CIFAR-10; mmpretrain downloads it if data_root is empty, and publishes these means and deviations.
num_classes = 10
image_shape = (3, 32, 32)
mean, std = [125.307, 122.961, 113.8575], [51.5865, 50.847, 51.255]
data_preprocessor = dict(
    type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean=mean, std=std, to_rgb=False)

train_pipeline = [
    dict(type='mmpretrain.RandomCrop', crop_size=32, padding=4),
    dict(type='mmpretrain.RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmpretrain.PackInputs')]
# A prior would take black borders for a part of the images. RandomCrop ignores padding_mode without pad_if_needed.
prior_pipeline = [
    dict(type='mmpretrain.RandomCrop', crop_size=40, pad_if_needed=True, padding_mode='reflect'),
    dict(type='mmpretrain.RandomCrop', crop_size=32),
    dict(type='mmpretrain.RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmpretrain.PackInputs')]
test_pipeline = [dict(type='mmpretrain.PackInputs')]
data_train = dict(type='mmpretrain.CIFAR10', data_root='data/cifar10', split='train', pipeline=train_pipeline)
data_prior = dict(type='mmpretrain.CIFAR10', data_root='data/cifar10', split='train', pipeline=prior_pipeline)
val_dataloader = dict(
    batch_size=500,
    num_workers=0,
    dataset=dict(type='mmpretrain.CIFAR10', data_root='data/cifar10', split='test', pipeline=test_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='mmpretrain.Accuracy', topk=(1, ))
val_cfg = dict()
test_dataloader, test_evaluator, test_cfg = val_dataloader, val_evaluator, val_cfg

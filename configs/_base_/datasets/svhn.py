# SVHN, cropped digits; put train_32x32.mat and test_32x32.mat into data_root. No flip: a mirrored digit is no digit.
num_classes = 10
image_shape = (3, 32, 32)
mean, std = [111.614, 113.169, 120.564], [50.490, 51.255, 50.235]
data_preprocessor = dict(
    type='mmpretrain.ClsDataPreprocessor', num_classes=num_classes, mean=mean, std=std, to_rgb=False)

train_pipeline = [
    dict(type='mmpretrain.RandomCrop', crop_size=32, padding=4),
    dict(type='mmpretrain.PackInputs')]
# A prior would take black borders for a part of the images. RandomCrop ignores padding_mode without pad_if_needed.
prior_pipeline = [
    dict(type='mmpretrain.RandomCrop', crop_size=40, pad_if_needed=True, padding_mode='reflect'),
    dict(type='mmpretrain.RandomCrop', crop_size=32),
    dict(type='mmpretrain.PackInputs')]
test_pipeline = [dict(type='mmpretrain.PackInputs')]
data_train = dict(type='SVHN', data_root='data/svhn', split='train', pipeline=train_pipeline)
data_prior = dict(type='SVHN', data_root='data/svhn', split='train', pipeline=prior_pipeline)
val_dataloader = dict(
    batch_size=500,
    num_workers=0,
    dataset=dict(type='SVHN', data_root='data/svhn', split='test', pipeline=test_pipeline),
    sampler=dict(type='DefaultSampler', shuffle=False))
val_evaluator = dict(type='mmpretrain.Accuracy', topk=(1, ))
val_cfg = dict()
test_dataloader, test_evaluator, test_cfg = val_dataloader, val_evaluator, val_cfg

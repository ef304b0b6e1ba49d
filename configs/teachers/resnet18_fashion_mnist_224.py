# resnet18_fashion_mnist_64.py at 224 x 224 pixels.
_base_ = ['./resnet18_fashion_mnist_64.py']
image_shape = (1, 224, 224)
pipeline = [dict(type='mmpretrain.Resize', scale=224), dict(type='mmpretrain.PackInputs')]

train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = val_dataloader

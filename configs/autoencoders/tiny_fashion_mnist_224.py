# tiny_fashion_mnist_64.py for a teacher of 224 x 224 pixels.
_base_ = ['./tiny_fashion_mnist_64.py']
teacher_ckpt = 'work_dirs/teachers/resnet18_fashion_mnist_224/final.pth'
image_shape = (1, 224, 224)
pipeline = [dict(type='mmpretrain.Resize', scale=224), dict(type='mmpretrain.PackInputs')]

model = dict(image_shape=image_shape, teacher_ckpt=teacher_ckpt)
train_dataloader = dict(dataset=dict(pipeline=pipeline))
val_dataloader = dict(dataset=dict(pipeline=pipeline))
test_dataloader = val_dataloader

prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/resnet18_fashion_mnist_224.py', checkpoint=teacher_ckpt)]

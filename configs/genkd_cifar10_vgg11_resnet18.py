# GenKD on CIFAR-10, VGG-11 to ResNet-18, with the paper's settings; _base_/genkd_cifar.py says where we differ.
# Only the score of the student needs the data.
_base_ = ['./_base_/datasets/cifar10.py', './_base_/models/vgg_resnet_cifar.py', './_base_/genkd_cifar.py']
teacher_ckpt = 'work_dirs/teachers/vgg11_cifar10/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn28x10_cifar10/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        init_cfg=dict(checkpoint=prior_ckpt)))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/vgg11_cifar10.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar10.py', checkpoint=prior_ckpt)]

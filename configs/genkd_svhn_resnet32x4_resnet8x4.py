# GenKD on SVHN, resnet32x4 to resnet8x4, the paper's own pair; _base_/genkd_cifar.py says where we differ.
# Only the score of the student needs the data.
_base_ = ['./_base_/datasets/svhn.py', './_base_/models/resnets_x4_cifar.py', './_base_/genkd_cifar.py']
teacher_ckpt = 'work_dirs/teachers/resnet32x4_svhn/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn28x10_svhn/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        init_cfg=dict(checkpoint=prior_ckpt)))
optim_wrapper = dict(generator=dict(optimizer=dict(lr=3e-5)))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet32x4_svhn.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_svhn.py', checkpoint=prior_ckpt)]

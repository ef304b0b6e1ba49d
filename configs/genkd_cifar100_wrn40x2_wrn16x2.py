# GenKD on CIFAR-100, WRN-40-2 to WRN-16-2, with the paper's settings; _base_/genkd_cifar.py says where we differ.
# Only the score of the student needs the data.
_base_ = ['./_base_/datasets/cifar100.py', './_base_/models/wrns_cifar100.py', './_base_/genkd_cifar100.py']
teacher_ckpt = 'work_dirs/teachers/wrn40x2_cifar100/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn28x10_cifar100/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        init_cfg=dict(checkpoint=prior_ckpt)))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/wrn40x2_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint=prior_ckpt)]

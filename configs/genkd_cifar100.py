# GenKD on CIFAR-100, ResNet-34 to ResNet-18, with the paper's settings; _base_/genkd_cifar.py says where we differ.
# Only the score of the student needs the data. 9,375 steps of ten batches are 300 epochs over 40,000 chains.
_base_ = ['./_base_/datasets/cifar100.py', './_base_/models/resnets_cifar100.py', './_base_/genkd_cifar.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar100/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn28x10_cifar100/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        replay_buffer=dict(capacity=40000),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller=dict(distill_losses=dict(loss_ce=dict(loss_weight=0.3), loss_kl=dict(loss_weight=0.7))))
train_dataloader = dict(dataset=dict(num_classes=100))
optim_wrapper = dict(generator=dict(optimizer=dict(lr=1e-4)))
param_scheduler = dict(architecture=dict(milestones=[4688, 5625, 6563, 7813]))
train_cfg = dict(max_iters=9375, val_interval=500)

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet34_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint=prior_ckpt)]

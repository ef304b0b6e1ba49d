# Owner's side: the EBM prior, trained on Fashion-MNIST by energy matching. The owner's teacher guides the chains when
# they are drawn, towards their class and its batch norms' statistics.
_base_ = [
    '../_base_/datasets/fashion_mnist.py', '../_base_/models/fashion_mnist.py',
    '../_base_/methods/energy_matching.py']

teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'

model = dict(
    teacher={{_base_.teacher}},
    teacher_ckpt=teacher_ckpt,
    teacher_preprocessor={{_base_.data_preprocessor}},
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.flow_net}}),
        sampler=dict(guidance=[
            dict(type='TeacherCrossEntropy', weight=0.6),
            dict(type='BatchNormStatistics', weight=6.0, per_image=False)]),
        replay_buffer=dict(capacity=20000)))
train_dataloader = dict(dataset={{_base_.data_train}})
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=50, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=50, T_max=5950, eta_min=2e-5, by_epoch=False)]
train_cfg = dict(max_iters=6000, val_interval=6000)

prerequisites = [dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt)]

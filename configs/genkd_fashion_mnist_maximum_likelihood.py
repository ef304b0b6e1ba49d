# GenKD on Fashion-MNIST with a prior that was trained by maximum likelihood: see
# priors/jem_small_conv_net_fashion_mnist.py. The recipe on which the baselines and the priors without the data were
# measured. The networks are nets of five convolutions, the student's a third as wide as the teacher's. A chain costs as
# much as dozens of student steps here, so each image is replayed often and few are refreshed: one batch in 160, for a
# few steps, towards images on which teacher and student disagree; were most of the stored images such ones, the student
# would lose sight of the others. The teacher sees a stored image once. No chain restarts: one visit is too short to
# bring it from noise to the prior's chains.
# No fine-tuning: beside guidance the policy gradient (baselines/policy_gradient_fashion_mnist.py) adds 0.0 ± 0.3 points
# at equal steps, see docs/benchmarks.md. It pays where the teacher gives no gradient: genkd_digits_proxy_black_box.py.
_base_ = [
    './_base_/datasets/fashion_mnist.py', './_base_/models/fashion_mnist.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/small_conv_net_fashion_mnist/final.pth'
prior_ckpt = 'work_dirs/priors/jem_small_conv_net_fashion_mnist/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        sampler=dict(num_steps=4, guidance=[dict(type='Disagreement', weight=-2.0)]),
        replay_buffer=dict(capacity=20000, restart_prob=0.0),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller={{_base_.distiller}},
    student_iter=40,
    refresh_interval=4)

train_dataloader = dict(batch_size=64, dataset=dict(channels=1))
optim_wrapper = dict(architecture=dict(optimizer=dict(lr=0.05)))
param_scheduler = dict(
    architecture=dict(_delete_=True, type='CosineAnnealingLR', T_max=752, by_epoch=False))
train_cfg = dict(max_iters=752, val_interval=94)
default_hooks = dict(
    logger=dict(interval=10),
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=376),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=376))

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_conv_net_fashion_mnist.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_small_conv_net_fashion_mnist.py', checkpoint=prior_ckpt)]

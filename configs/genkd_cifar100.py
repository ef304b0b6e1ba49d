# GenKD on CIFAR-100, ResNet-34 to ResNet-18, with the paper's settings: 9,375 steps of ten batches are 300 epochs over
# 40,000 chains. _base_/methods/genkd.py says where we differ. Only the score of the student needs the data.
# Chains are stored as float16, which halves the buffer; they are run in float32. The paper's estimator differentiates
# 5 x 128 passes of the energy twice, for which a step needs 25 GB: policy_gradient.estimator='autograd' and
# policy_weight=1e-3. 'marginal' asks for one pass at the chains' ends.
_base_ = [
    './_base_/datasets/cifar100.py', './_base_/models/resnets_cifar100.py', './_base_/methods/genkd.py',
    './_base_/methods/distill.py', './_base_/default_runtime.py']
teacher_ckpt = 'work_dirs/teachers/resnet34_cifar100/final.pth'
prior_ckpt = 'work_dirs/priors/jem_wrn28x10_cifar100/final.pth'

model = dict(
    data_preprocessor={{_base_.data_preprocessor}},
    architecture={{_base_.student}},
    teachers=dict(teacher=dict(build_cfg={{_base_.teacher}}, ckpt_path=teacher_ckpt)),
    generator=dict(
        image_shape={{_base_.image_shape}},
        energy=dict(classifier={{_base_.energy_net}}),
        replay_buffer=dict(capacity=40000, dtype='float16'),
        init_cfg=dict(checkpoint=prior_ckpt)),
    distiller=dict(
        type='ConfigurableDistiller',
        student_recorders={{_base_.distiller.student_recorders}},
        teacher_recorders={{_base_.distiller.teacher_recorders}},
        distill_losses=dict(
            loss_ce=dict(type='CrossEntropyLoss', loss_weight=0.3),
            loss_kl=dict(type='KLDivergence', tau=4, loss_weight=0.7)),
        loss_forward_mappings={{_base_.distiller.loss_forward_mappings}}))
train_dataloader = dict(dataset=dict(num_classes=100))
optim_wrapper = dict(generator=dict(optimizer=dict(lr=1e-4)))
param_scheduler = dict(architecture=dict(milestones=[4688, 5625, 6563, 7813]))
train_cfg = dict(max_iters=9375, val_interval=500)
default_hooks = dict(
    initial_evaluation=dict(type='InitialEvaluationHook'),
    sample_grid=dict(type='SampleGridHook', interval=1000),
    chain_reward=dict(type='ChainRewardHook', criteria=[dict(type='TeacherCrossEntropy')], interval=1000),
    policy_gradient=dict(
        type='PolicyGradientHook', window=5, estimator='marginal', baseline='leave_one_out', normalize_advantage=True,
        policy_weight=1e-2, energy_penalty=0.01, data_noise_std=0.03,
        reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
auto_scale_lr = dict(enable=False, base_batch_size=128)  # used with --auto-scale-lr

prerequisites = [
    dict(config='{{ fileDirname }}/teachers/resnet34_cifar100.py', checkpoint=teacher_ckpt),
    dict(config='{{ fileDirname }}/priors/jem_wrn28x10_cifar100.py', checkpoint=prior_ckpt)]

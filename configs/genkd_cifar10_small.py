# GenKD on CIFAR-10 between small residual networks, in minutes of one CPU core, with a prior that was trained by energy
# matching: see priors/energy_matching_cifar10_small.py. Networks, pace and length are those of
# genkd_cifar10_small_maximum_likelihood.py. A step is 0.05 as long as one of its steps, and the guidance weighs 20
# times as much.
_base_ = ['./genkd_cifar10_small_maximum_likelihood.py']
prior_ckpt = 'work_dirs/priors/energy_matching_cifar10_small/final.pth'

model = dict(
    generator=dict(
        energy=dict(_delete_=True, type='ClassifierEnergy', classifier={{_base_.flow_net}}, contrast=1.5),
        sampler=dict(
            num_steps=4, step_size=0.05, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-40.0)]),
        replay_buffer=dict(capacity=10000),
        init_cfg=dict(checkpoint=prior_ckpt)))
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_resnet_cifar10.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/energy_matching_cifar10_small.py', checkpoint=prior_ckpt)]

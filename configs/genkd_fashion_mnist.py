# GenKD on Fashion-MNIST with a prior that was trained by energy matching: see priors/energy_matching_fashion_mnist.py.
# Networks and length are those of genkd_fashion_mnist_maximum_likelihood.py. A step is 0.05 as long as one of its
# steps, and the guidance weighs 20 times as much. One batch in 80 is refreshed: more often gained nothing.
_base_ = ['./genkd_fashion_mnist_maximum_likelihood.py']
prior_ckpt = 'work_dirs/priors/energy_matching_fashion_mnist/final.pth'

model = dict(
    generator=dict(
        energy=dict(_delete_=True, type='ClassifierEnergy', classifier={{_base_.flow_net}}),
        sampler=dict(
            num_steps=4, step_size=0.05, noise_std=0.01, start='normal',
            guidance=[dict(type='Disagreement', weight=-40.0)]),
        replay_buffer=dict(capacity=40000, dtype='float16'),
        init_cfg=dict(checkpoint=prior_ckpt)),
    refresh_interval=2)
prerequisites = [
    dict(config='{{ fileDirname }}/teachers/small_conv_net_fashion_mnist.py', checkpoint={{_base_.teacher_ckpt}}),
    dict(config='{{ fileDirname }}/priors/energy_matching_fashion_mnist.py', checkpoint=prior_ckpt)]

# The control: the same teacher, student, losses and number of steps as genkd_fashion_mnist_maximum_likelihood.py, on
# uniform noise. A chain of no steps that always restarts is exactly U(-1, 1); there is no prior and nothing is
# fine-tuned.
_base_ = ['../genkd_fashion_mnist_maximum_likelihood.py']

model = dict(
    refresh_interval=1,
    generator=dict(sampler=dict(num_steps=0, guidance=[]), replay_buffer=dict(restart_prob=1.0), init_cfg=None))
prerequisites = [
    dict(config='{{ fileDirname }}/../teachers/small_conv_net_fashion_mnist.py', checkpoint={{_base_.teacher_ckpt}})]

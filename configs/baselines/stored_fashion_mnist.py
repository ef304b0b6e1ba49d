# The prior's stored chains alone: genkd_fashion_mnist.py without a Langevin step, without fine-tuning, everything else the same.
_base_ = ['../genkd_fashion_mnist.py']

model = dict(generator=dict(sampler=dict(num_steps=0), replay_buffer=dict(restart_prob=0.0)))
custom_hooks = []

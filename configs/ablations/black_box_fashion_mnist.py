# As black_box_digits.py, with one teacher for all seeds, and with two kinds of noise: constant on squares of 4 x 4
# pixels, as in the base, or drawn for each pixel.
base = '../genkd_fashion_mnist_proxy_black_box.py'
_labels = {  # which a cross entropy takes, but no divergence
    'model.teachers.teacher.build_cfg.answers': 'labels',
    'model.distiller.distill_losses.loss_ce.loss_weight': 1.0,
    'model.distiller.distill_losses.loss_kl.loss_weight': 0.0}
_noise_in_each_pixel = {'model.generator.sampler.noise_block': 1, 'model.generator.sampler.noise_std': 0.1}
axes = dict(setting={
    'probabilities, fresh chains': {'default_hooks.policy_gradient': None},
    'probabilities, policy gradient': {},
    'probabilities, fresh chains, noise in each pixel': {
        **_noise_in_each_pixel, 'default_hooks.policy_gradient': None},
    'probabilities, policy gradient, noise in each pixel': {
        **_noise_in_each_pixel,
        'default_hooks.policy_gradient.policy_weight': 0.0125},  # the score is divided by noise_std
    'labels, fresh chains': {**_labels, 'default_hooks.policy_gradient': None},
    # A wrong label costs 13.8 nats.
    'labels, policy gradient': {**_labels, 'default_hooks.policy_gradient.reward.0.weight': 0.15}})
seeds = [0, 1, 2]
shared = dict(prior=dict(
    config='../priors/proxy_energy_matching_fashion_mnist.py', key='model.generator.init_cfg.checkpoint'))

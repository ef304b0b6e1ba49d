# As black_box_digits.py, with one teacher for all seeds, which answers with probabilities.
base = '../genkd_fashion_mnist_proxy_black_box.py'
axes = dict(method={
    'fresh chains': {'default_hooks.policy_gradient': None},
    'policy gradient': {},
    'reward-weighted likelihood': {
        'default_hooks.policy_gradient.policy_weight': 0,
        'default_hooks.policy_gradient.window': 1,
        '+default_hooks.policy_gradient.temperature': 1.0,
        '+default_hooks.policy_gradient.prior_share': 0.1,
        'default_hooks.policy_gradient.likelihood_weight': 1.0}})
seeds = [0, 1, 2]
shared = dict(prior=dict(
    config='../priors/proxy_energy_matching_fashion_mnist.py', key='model.generator.init_cfg.checkpoint'))

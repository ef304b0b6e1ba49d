# As black_box_digits.py, with one teacher for all seeds, which answers with probabilities.
base = '../genkd_fashion_mnist_proxy_black_box.py'
_policy_gradient = dict(
    type='PolicyGradientHook', interval=1, window=5, credit='end', normalize_advantage=True, clip_advantage=3.0,
    policy_weight=0.1, likelihood_weight=0.3,
    reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-2.0)])
axes = dict(method={
    'fresh chains': {},
    'policy gradient': {'+default_hooks.policy_gradient': _policy_gradient},
    'reward-weighted likelihood': {
        '+default_hooks.policy_gradient': dict(
            _policy_gradient, policy_weight=0, window=1, temperature=1.0, prior_share=0.1, likelihood_weight=1.0)}})
seeds = [0, 1, 2]
shared = dict(prior=dict(
    config='../priors/proxy_energy_matching_fashion_mnist.py', key='model.generator.init_cfg.checkpoint'))

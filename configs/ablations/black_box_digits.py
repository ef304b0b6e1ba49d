# Ways to fine-tune a proxy prior for a teacher that only answers: not at all; the policy gradient of the chain, as in
# the base; the likelihood of the run's own chains, weighted by their rewards. All ask as often.
base = '../genkd_digits_proxy_black_box.py'
axes = {
    'answers': {
        'probabilities': {},
        # A cross entropy takes labels, but no divergence does. In the reward a wrong label costs 14 nats, which at full
        # weight hides the disagreement.
        'labels': {
            'model.teachers.teacher.build_cfg.answers': 'labels',
            'default_hooks.policy_gradient.reward.0.weight': 0.15,
            'model.distiller.distill_losses.loss_ce.loss_weight': 1.0,
            'model.distiller.distill_losses.loss_kl.loss_weight': 0.0}},
    'method': {
        'fresh chains': {'default_hooks.policy_gradient': None},
        'policy gradient': {},
        'reward-weighted likelihood': {
            'default_hooks.policy_gradient.policy_weight': 0,
            'default_hooks.policy_gradient.window': 1,
            '+default_hooks.policy_gradient.temperature': 1.0,
            '+default_hooks.policy_gradient.prior_share': 0.1,
            'default_hooks.policy_gradient.likelihood_weight': 1.0}}}
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.build_cfg.ckpt_path'),
    prior=dict(
        config='../priors/proxy_energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))

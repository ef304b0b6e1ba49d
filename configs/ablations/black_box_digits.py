# Ways to fine-tune a proxy prior for a teacher that only answers: not at all; the policy gradient of the chain, as in
# the base; the likelihood of the run's own chains, weighted by their rewards. All ask as often.
base = '../genkd_digits_proxy_black_box.py'
_labels = {  # which a cross entropy takes, but no divergence
    'model.teachers.teacher.build_cfg.answers': 'labels',
    'model.distiller.distill_losses.loss_ce.loss_weight': 1.0,
    'model.distiller.distill_losses.loss_kl.loss_weight': 0.0}
axes = dict(setting={
    'probabilities, fresh chains': {'default_hooks.policy_gradient': None},
    'probabilities, policy gradient': {},
    'probabilities, reward-weighted likelihood': {
        'default_hooks.policy_gradient.policy_weight': 0,
        'default_hooks.policy_gradient.window': 1,
        '+default_hooks.policy_gradient.temperature': 1.0,
        '+default_hooks.policy_gradient.prior_share': 0.1,
        'default_hooks.policy_gradient.likelihood_weight': 1.0},
    'labels, fresh chains': {**_labels, 'default_hooks.policy_gradient': None},
    # A wrong label costs 13.8 nats, which at the base's weight of 1 hides the disagreement.
    'labels, policy gradient': {**_labels, 'default_hooks.policy_gradient.reward.0.weight': 0.15}})
seeds = [0, 1, 2]
shared = dict(
    teacher=dict(config='../teachers/resnet18_digits.py', key='model.teachers.teacher.build_cfg.ckpt_path'),
    prior=dict(
        config='../priors/proxy_energy_matching_digits.py', key='model.generator.init_cfg.checkpoint'))

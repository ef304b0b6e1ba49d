"""The two objectives of the energy, as functions of tensors."""

from .maximum_likelihood import maximum_likelihood_loss
from .policy_gradient import BASELINES, ESTIMATORS, advantages, policy_gradient_loss, step_rewards

__all__ = ['BASELINES', 'ESTIMATORS', 'advantages', 'maximum_likelihood_loss', 'policy_gradient_loss', 'step_rewards']

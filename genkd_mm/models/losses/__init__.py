"""The objectives of the energy, as functions of tensors."""

from .energy_matching import energy_matching_loss, interpolated, optimal_transport
from .maximum_likelihood import maximum_likelihood_loss
from .policy_gradient import BASELINES, CREDITS, ESTIMATORS, advantages, policy_gradient_loss, step_rewards

__all__ = [
    'BASELINES',
    'CREDITS',
    'ESTIMATORS',
    'advantages',
    'energy_matching_loss',
    'interpolated',
    'maximum_likelihood_loss',
    'optimal_transport',
    'policy_gradient_loss',
    'step_rewards',
]

"""The objectives of the energy, as functions of tensors."""

from .energy_matching import draw_flow_points, energy_matching_loss
from .maximum_likelihood import maximum_likelihood_loss, noisy
from .policy_gradient import BASELINES, CREDITS, ESTIMATORS, advantages, policy_gradient_loss, step_rewards

__all__ = [
    'BASELINES',
    'CREDITS',
    'ESTIMATORS',
    'advantages',
    'draw_flow_points',
    'energy_matching_loss',
    'maximum_likelihood_loss',
    'noisy',
    'policy_gradient_loss',
    'step_rewards',
]

"""The policy gradient of a Langevin chain.

The transition of the chain is a policy, pi(x_k | x_{k-1}) = N(x_{k-1} + eta * grad f(x_{k-1}), sigma^2 I), clamped to
[-1, 1] afterwards, which is part of the environment: the score of the drawn x_k before the clamp is what counts, and
its negative log likelihood has the gradient -(eta / sigma) * e_k^T d(grad f(x_{k-1})) / d theta.

Source: Li et al., "Deep Generative Knowledge Distillation by Likelihood Finetuning", IEEE Access 11, 2023; the score
function estimator is REINFORCE (Williams, 1992), the leave-one-out baseline is that of Kool et al., 2019.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...samplers import input_gradient
from ...structures import Trajectory

BASELINES = ('none', 'batch_mean', 'leave_one_out')
CREDITS = ('step', 'end')
LogDensity = Callable[[Tensor, Tensor | None], Tensor]


def step_rewards(costs: Tensor) -> Tensor:
    """r_k = c(x_{k-1}) - c(x_k), the cost that step k removed; c of all K + 1 states, (K + 1, N), -> (K, N)."""
    return costs[:-1] - costs[1:]


def advantages(
    rewards: Tensor, baseline: str, normalize: bool = False, classes: Tensor | None = None, clip: float | None = None
) -> Tensor:
    """A = R - b, with b the mean over the batch, or over the batch's other chains, of the same step.

    Args:
        rewards (Tensor): Shape (K, N).
        baseline (str): ``none``, ``batch_mean``, or ``leave_one_out``, which leaves the gradient unbiased.
        normalize (bool): Divide by the standard deviation over all steps and chains of the class. Defaults to False.
        classes (Tensor, optional): Class of each chain, shape (N,); the mean is then taken over chains of the same
            class, and a chain that is alone in its class has no advantage. Defaults to one class for all.
        clip (float, optional): The largest absolute value. Defaults to none.

    Returns:
        Tensor: Shape (K, N).
    """
    one_class = rewards.new_ones(rewards.shape[1], 1)
    alike = one_class if classes is None else (classes[:, None] == classes).type_as(rewards)
    count = alike.sum(0)
    centered = rewards
    if baseline != 'none':
        centered = rewards - rewards @ alike / count
        if baseline == 'leave_one_out':
            centered = centered * (count / (count - 1).clamp_min(1))
    if normalize:
        variance = centered.square().sum(0) @ alike / (len(rewards) * count - 1).clamp_min(1)
        centered = centered / variance.sqrt().clamp_min(torch.finfo(centered.dtype).eps)
    return centered if clip is None else centered.clamp(-clip, clip)


def _window(trajectory: Trajectory) -> tuple[Tensor, Tensor, Tensor | None]:
    """States before each step, their noises, their labels: the window's steps as one batch of K * N."""
    steps = len(trajectory.noise)
    labels = trajectory.labels
    return (
        trajectory.images[:-1].flatten(0, 1),
        trajectory.noise.flatten(0, 1),
        None if labels is None else labels.repeat(steps),
    )


def _policy_loss(directional: Tensor, trajectory: Trajectory, advantage: Tensor) -> Tensor:
    """sum_k (1 / p_k) mean_i A_ik * NLL_ik up to a constant; ``directional`` (K * N,) is e_k^T grad f(x_{k-1}).

    p_k, the probability that the window covers step k, makes the mean over windows that of the whole chain's sum.
    """
    scale = trajectory.step_sizes / trajectory.noise_stds
    nll = -scale[:, None] * directional.view(len(scale), -1)
    return ((advantage * nll).mean(1) / trajectory.coverage).sum()


def autograd_loss(log_density: LogDensity, trajectory: Trajectory, advantage: Tensor) -> Tensor:
    """The exact estimator: e^T grad f by a backward pass that is differentiated again."""
    images, noise, labels = _window(trajectory)
    gradient = input_gradient(lambda x: log_density(x, labels), images, create_graph=True)
    return _policy_loss((gradient * noise).flatten(1).sum(1), trajectory, advantage)


def finite_difference_loss(
    log_density: LogDensity, trajectory: Trajectory, advantage: Tensor, radius: float = 1e-2
) -> Tensor:
    """e^T grad f as the central difference (f(x + h e) - f(x - h e)) / (2 h), h = ``radius``: one backward pass.

    The error is O(h^2) for a smooth f; for a ReLU network the difference is meaningless.
    """
    images, noise, labels = _window(trajectory)
    both = torch.cat([images + radius * noise, images - radius * noise])
    above, below = log_density(both, None if labels is None else labels.repeat(2)).chunk(2)
    return _policy_loss((above - below) / (2 * radius), trajectory, advantage)


def marginal_loss(log_density: LogDensity, trajectory: Trajectory, advantage: Tensor) -> Tensor:
    """-mean (R - b) f(x_n): the gradient of E_p[R] under the stationary density p, of which x_n is taken as a draw.

    exp f is not normalised, so that the gradient of E_p[R] is the covariance of R and grad f: b must be the mean of R,
    under p(x | y) of the chain's own class when chains are conditional. ``advantage`` is (1, N), of R = -c(x_n).
    """
    return -(advantage[0] * log_density(trajectory.final, trajectory.labels)).mean()


ESTIMATORS = dict(autograd=autograd_loss, finite_difference=finite_difference_loss, marginal=marginal_loss)


def policy_gradient_loss(estimator: str, log_density: LogDensity, trajectory: Trajectory, advantage: Tensor) -> Tensor:
    """A scalar whose gradient in f's parameters is the policy gradient, for descent.

    Args:
        estimator (str): ``autograd``, ``finite_difference`` or ``marginal``.
        log_density (Callable): Maps images (N, C, H, W) and labels (N,) or None to f, shape (N,).
        trajectory (Trajectory): The recorded window.
        advantage (Tensor): Shape (K, N), or (1, N) if all steps have the same; for ``marginal`` (1, N). Taken as a
            constant.

    Returns:
        Tensor: The loss, a scalar. Its value has no meaning, only its gradient.
    """
    return ESTIMATORS[estimator](log_density, trajectory, advantage.detach())

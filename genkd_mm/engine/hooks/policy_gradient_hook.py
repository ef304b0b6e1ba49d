"""Likelihood fine-tuning of the generator by the policy gradient."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from mmrazor.registry import HOOKS
from torch import Tensor, nn

from ...models import EBMGenerator
from ...models.criteria import build_criteria, weighted_cost
from ...models.energies import require_smooth
from ...models.losses import (
    BASELINES,
    CREDITS,
    ESTIMATORS,
    advantages,
    draw_flow_points,
    energy_matching_loss,
    maximum_likelihood_loss,
    noisy,
    policy_gradient_loss,
    step_rewards,
)
from ...structures import Samples, StepOutputs, Trajectory
from ...utils import ConfigError, Precision, unwrapped, without_tf32
from ..runner.access import metrics_of, networks_of, require_ebm_generator
from ..runner.positives import DatasetPositives, PriorPositives, RewardedPositives
from .policy_gradient_checks import (
    require_optimizer,
    require_same_normalisation,
    require_values_per_image,
    require_window,
)


class Anchor(NamedTuple):
    """What keeps the fine-tuned model near the prior: its weighted loss, what to log, and f(x-) if it was computed."""

    loss: Tensor
    metrics: dict[str, Tensor]
    negative: Tensor | None = None


@HOOKS.register_module()
class PolicyGradientHook(Hook):
    """One fine-tuning step of the energy after a train iteration, for any algorithm with an ``EBMGenerator``.

    The step descends w_p * L_policy + w_l * (mean f(x-) - mean f(x+)) + alpha * (mean f(x+)^2 + mean f(x-)^2). L_policy
    is taken on the chain that ``GenKD`` ran in the iteration, or on one of its own, if it ran none or the algorithm is
    another; x- is that chain's end and x+ the prior's stored samples. A prior by energy matching, whose chains start
    from N(0, I), stays near x+ by the loss that it was trained with: w_p * L_policy + w_l * mean (grad_x f(x_t) -
    (x+ - x_0))^2. See :mod:`genkd_mm.models.losses`.

    Args:
        reward (list[dict]): Criteria with weights; a step of the chain earns what it lowers their weighted sum.
        window (int): K, number of consecutive steps of the chain that are scored, from a random start; each is divided
            by the probability that a window covers it, which makes the mean that of all steps. Defaults to 5.
        estimator (str): ``autograd``, ``finite_difference`` (no second derivatives, almost equal) or ``marginal``.
            Defaults to ``autograd``.
        baseline (str): ``none``, ``batch_mean`` or ``leave_one_out``. Defaults to ``leave_one_out``.
        normalize_advantage (bool): Divide advantages by their standard deviation. Defaults to False.
        clip_advantage (float, optional): Largest absolute value of an advantage. Defaults to none.
        credit (str): What a step is credited with: ``step``, its own reduction of the cost, or ``end``, the reward
            -c(x_n) of the chain's end, with baseline and standard deviation of the chain's class. ``step`` has more
            signal per chain but asks the teacher about K + 1 states. ``end`` asks about the last state only, which the
            student has usually learned from already, and is unbiased for E[c(x_n)] for every K.
            Defaults to ``step``.
        interval (int): A step is made after every such iteration. Defaults to 1.
        policy_weight (float): w_p; 0 leaves the policy gradient out. Defaults to 1.0.
        likelihood_weight (float): w_l. Defaults to 1.0.
        energy_penalty (float): alpha, for a prior by maximum likelihood. Defaults to 0.01.
        positives (dict, optional): Config of a data loader of proxy images, x+, as ``train_dataloader`` has it.
            Defaults to the prior's own stored samples.
        temperature (float, optional): T, of the reward-weighted likelihood (Peters and Schaal, 2007): x+ are then the
            run's own stored chains, drawn within their class with p proportional to exp(R / T), R the reward -c(x_n)
            that each had when it was run. It needs ``credit='end'``. Defaults to none: x+ do not depend on rewards.
        prior_share (float): With a ``temperature``, the share of x+ that are the prior's stored samples.
            Defaults to 0.2.
        data_noise_std (float): Noise on x+, on the chains' scale, for a prior by maximum likelihood. Defaults to 0.03.
        dtype (str): Autocast dtype of the energy's passes, as for ``LangevinSampler``. The difference quotient of
            ``finite_difference`` and the rewards, small differences of large numbers, stay float32, and no product of
            float32 numbers is rounded to TF32. Defaults to ``auto``.

    Raises:
        ConfigError: If an argument is out of range, or (before training) the window is longer than the chain, the
            energy is not smooth, the optimizer of the generator is missing, or there are no positives.

    Example:
        >>> default_hooks = dict(policy_gradient=dict(
        ...     type='PolicyGradientHook', window=5, estimator='finite_difference',
        ...     reward=[dict(type='TeacherCrossEntropy', weight=1.0), dict(type='Disagreement', weight=-0.1)]))
    """

    def __init__(
        self,
        reward: Sequence[dict],
        window: int = 5,
        estimator: str = 'autograd',
        baseline: str = 'leave_one_out',
        normalize_advantage: bool = False,
        clip_advantage: float | None = None,
        credit: str = 'step',
        interval: int = 1,
        policy_weight: float = 1.0,
        likelihood_weight: float = 1.0,
        energy_penalty: float = 0.01,
        positives: dict | None = None,
        temperature: float | None = None,
        prior_share: float = 0.2,
        data_noise_std: float = 0.03,
        dtype: str = 'auto',
    ) -> None:
        choices = (('estimator', estimator, ESTIMATORS), ('baseline', baseline, BASELINES), ('credit', credit, CREDITS))
        for name, value, known in choices:
            if value not in known:
                raise ConfigError(f'PolicyGradientHook.{name} is {value!r}; expected one of {", ".join(known)}')
        for name, number in (('window', window), ('interval', interval)):
            if number < 1:
                raise ConfigError(f'PolicyGradientHook.{name} is {number}; expected 1 or more')
        if clip_advantage is not None and not clip_advantage > 0:
            raise ConfigError(f'PolicyGradientHook.clip_advantage is {clip_advantage}; expected a number above 0')
        if estimator == 'marginal' and baseline == 'none':
            raise ConfigError(
                "PolicyGradientHook.baseline is 'none' but the marginal estimator is a covariance, "
                'which needs one; use leave_one_out'
            )
        if temperature is not None and (temperature <= 0 or positives is not None):
            raise ConfigError(
                f'PolicyGradientHook.temperature is {temperature} and positives is {positives}; expected a temperature '
                'above 0 without positives, because it draws them from the stored chains'
            )
        end_only = estimator == 'marginal' or credit == 'end'
        if temperature is not None and not end_only:
            raise ConfigError(
                f"PolicyGradientHook.temperature is {temperature} but credit is 'step', which rewards a window of the "
                "chain; its end, which may become a positive, needs a reward of its own: set credit='end'"
            )
        if not 0 <= prior_share <= 1:
            raise ConfigError(f'PolicyGradientHook.prior_share is {prior_share}; expected a share, 0 to 1')
        if not reward:
            raise ConfigError('PolicyGradientHook.reward is empty; name at least one criterion')
        self.criteria = build_criteria(reward, 'PolicyGradientHook.reward')
        require_values_per_image(self.criteria)
        self.window = window
        self.estimator = estimator
        self.baseline = baseline
        self.normalize_advantage = normalize_advantage
        self.clip_advantage = clip_advantage
        self.end_only = end_only
        self.interval = interval
        self.policy_weight = policy_weight
        self.likelihood_weight = likelihood_weight
        self.energy_penalty = energy_penalty
        self.positives_cfg = positives
        self.temperature = temperature
        self.prior_share = prior_share
        self.data_noise_std = data_noise_std
        self.precision = Precision(dtype, 'PolicyGradientHook.dtype')
        self._policy_precision = Precision(
            'float32' if estimator == 'finite_difference' else dtype, 'PolicyGradientHook.dtype'
        )
        self._positives_state: dict | None = None

    def before_run(self, runner: Runner) -> None:
        """Check the generator and bind the networks that the criteria use."""
        model = unwrapped(runner.model)
        generator = require_ebm_generator(runner, 'PolicyGradientHook')
        require_smooth(generator.energy)
        require_window(generator.sampler, self.window, scored=self.policy_weight != 0)
        require_same_normalisation(model, generator)
        require_optimizer(runner.cfg)
        self.networks = networks_of(runner)
        for criterion in self.criteria:
            criterion.bind(self.networks)
        model.window = self.window  # GenKD records as many steps; others do not look

    def before_train(self, runner: Runner) -> None:
        """Find the positives, now that the prior is loaded."""
        generator = require_ebm_generator(runner, 'PolicyGradientHook')
        self.positives: DatasetPositives | PriorPositives | RewardedPositives
        if self.temperature is not None:
            self.positives = RewardedPositives(generator, self.temperature, self.prior_share)
        elif self.positives_cfg is not None:
            self.positives = DatasetPositives(runner, self.positives_cfg, generator, self._positives_state)
        else:
            self.positives = PriorPositives(generator)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the position of the positives."""
        checkpoint['positives'] = self.positives.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember the position of the positives."""
        self._positives_state = checkpoint.get('positives')

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Make one fine-tuning step."""
        if not self.every_n_train_iters(runner, self.interval):
            return
        wrapped = unwrapped(runner.model).generator  # which may be in a wrapper of its own
        generator = unwrapped(wrapped)
        samples = outputs.samples if isinstance(outputs, StepOutputs) else None
        run, device = metrics_of(runner), generator.device
        with run.generation.running(device), run.policy.running(device), without_tf32():
            if samples is None:
                labels = generator.random_labels(len(data_batch['inputs']))
                with torch.no_grad():
                    samples = generator.advance(labels, self.window)
            metrics = self._finetune(runner.optim_wrapper['generator'], wrapped, samples)
        for name, value in metrics.items():
            runner.message_hub.update_scalar(f'train/policy/{name}', value)

    def _finetune(self, optim_wrapper: OptimWrapper, wrapped: nn.Module, samples: Samples) -> dict[str, Tensor]:
        """Update the energy; returns the metrics to log."""
        trajectory = cast(Trajectory, samples.trajectory)  # the window has one step or more
        self.networks.forget()  # the student has been updated
        labels = self._labels(trajectory, unwrapped(wrapped))
        rewards, metrics = self._rewards(trajectory, labels, unwrapped(wrapped))
        if self.temperature is not None:
            unwrapped(wrapped).replay_buffer.reward(samples.slots, rewards[-1])  # of the chains' ends
        self.networks.forget()  # the outputs are large and have been used
        classes = trajectory.labels if self.end_only else None
        advantage = advantages(rewards, self.baseline, self.normalize_advantage, classes, self.clip_advantage)
        data, data_labels = self.positives.draw(labels)
        sampler = unwrapped(wrapped).sampler
        anchor = self._matching
        if sampler.start == 'uniform':
            anchor, data = self._contrast, noisy(data, self.data_noise_std, sampler.clamp)
        losses = wrapped(
            objective=lambda energy: self._losses(
                energy, trajectory, advantage, anchor(energy, trajectory, data, data_labels)
            )
        )
        optim_wrapper.update_params(losses['loss'])
        metrics.update(
            {name: value.detach() for name, value in losses.items()},
            advantage_std=advantages(rewards, self.baseline, classes=classes).std(),
        )
        return metrics

    def _losses(
        self, energy: nn.Module, trajectory: Trajectory, advantage: Tensor, anchor: Anchor
    ) -> dict[str, Tensor]:
        """The whole objective, and the metrics of the part that keeps the model near the prior."""
        if not self.policy_weight:
            return dict(loss=anchor.loss, **anchor.metrics)
        known = self.estimator == 'marginal' and anchor.negative is not None  # all that this estimator asks for
        density = (lambda images, labels: cast(Tensor, anchor.negative)) if known else energy
        with self._policy_precision.autocast(advantage.device):
            policy = policy_gradient_loss(self.estimator, density, trajectory, advantage)
        return dict(loss=self.policy_weight * policy + anchor.loss, **anchor.metrics)

    def _contrast(self, energy: nn.Module, trajectory: Trajectory, data: Tensor, data_labels: Tensor) -> Anchor:
        """Maximum likelihood, and the energies of x+ and x- in nats."""
        labels = None if trajectory.labels is None else torch.cat([data_labels, trajectory.labels])
        with self.precision.autocast(data.device):
            values = energy(torch.cat([data, trajectory.final]), labels)
        positive, negative = values.split([len(data), len(trajectory.final)])
        likelihood, penalty = maximum_likelihood_loss(positive, negative)
        metrics = dict(
            energy_data=positive.mean(), energy_chains=negative.mean(), energy_gap=positive.mean() - negative.mean()
        )
        return Anchor(self.likelihood_weight * likelihood + self.energy_penalty * penalty, metrics, negative)

    def _matching(self, energy: nn.Module, trajectory: Trajectory, data: Tensor, data_labels: Tensor) -> Anchor:
        """Energy matching on x+."""
        labels = None if trajectory.labels is None else data_labels
        points = draw_flow_points(data, labels)
        with self.precision.autocast(data.device):
            values = energy(points.states, labels)
        matching = energy_matching_loss(values.float(), points.states, points.velocities)
        unused = (
            0 * values.sum()
        )  # f's output bias has no part in grad f, but DistributedDataParallel wants its gradient
        return Anchor(self.likelihood_weight * matching + unused, dict(matching=matching))

    def _labels(self, trajectory: Trajectory, generator: EBMGenerator) -> Tensor:
        """The class of each chain: the one it was drawn for, else the first teacher's argmax at its end."""
        if trajectory.labels is not None:
            return trajectory.labels
        return self.networks.teacher_logits(generator.to_classifier(trajectory.final))[0].argmax(1)

    def _rewards(
        self, trajectory: Trajectory, labels: Tensor, generator: EBMGenerator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Rewards (K, N), or (1, N) of the end; the mean reward of a chain, and the criteria, as metrics."""
        states = trajectory.final[None] if self.end_only else trajectory.images
        images = generator.to_classifier(states.flatten(0, 1))
        costs, metrics = weighted_cost(self.criteria, images, labels.repeat(len(states)))
        costs = costs.view(len(states), -1)
        rewards = -costs if self.end_only else step_rewards(costs)
        per_chain = rewards.mean() if self.end_only else (rewards.mean(1) / trajectory.coverage).sum()
        return rewards, dict(reward=per_chain, cost=costs[-1].mean(), **metrics)

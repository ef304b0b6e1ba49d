"""Where a distillation starts from, and what it could reach."""

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmrazor.registry import HOOKS
from torch import nn

from ...utils import evaluating, unwrapped
from ..runner.access import metrics_of, teachers_of


@HOOKS.register_module()
class InitialEvaluationHook(Hook):
    """Logs the accuracy of every teacher and of the untrained student on the evaluation set before training.

    They stay in the run's metrics as ``initial``: {network: {metric: value}}. A resumed run keeps those of its start.
    """

    def before_train(self, runner: Runner) -> None:
        """Evaluate once, with the run's own loader and metrics."""
        if runner.val_loop is None or runner.iter > 0:
            return
        model = unwrapped(runner.model)
        networks = {f'teacher {name}': teacher for name, teacher in teachers_of(model).items()}
        networks['student'] = unwrapped(model.student)
        metrics = {name: evaluate(runner, network) for name, network in networks.items()}
        for name, values in metrics.items():
            shown = ', '.join(f'{metric} {value:.2f}' for metric, value in values.items())
            runner.logger.info(f'Before training, {name}: {shown}')
        metrics_of(runner).initial = metrics


def evaluate(runner: Runner, network: nn.Module) -> dict[str, float]:
    """The run's validation metrics of any classifier, as the validation loop computes them."""
    loop = runner.val_loop
    preprocess = unwrapped(runner.model).data_preprocessor
    with evaluating(network), torch.no_grad():
        for batch in loop.dataloader:
            data = preprocess(batch, False)
            loop.evaluator.process(data_samples=network(**data, mode='predict'), data_batch=batch)
    metrics = loop.evaluator.evaluate(len(loop.dataloader.dataset))
    return {name: round(float(value), 4) for name, value in metrics.items()}

"""Checks, before training or evaluation, that labels of the data are classes of the networks."""

from typing import Any

from mmengine.runner import Runner
from torch import nn

from ...datasets import LabelDataset
from ...datasets.nested import class_names, labels_of, leaves
from ...datasets.pseudo_samples import IGNORED
from ...models import TeacherLabels
from ...utils import ConfigError, unwrapped


def check_labels(runner: Runner) -> None:
    """The labels of the training set and of the evaluation set must be classes of the networks; those that
    ``LabelDataset`` asks for, all of the energy's.
    """
    known = classes_of(unwrapped(runner.model))
    training = runner.train_loop.dataloader.dataset
    for dataset in leaves(training):
        if isinstance(dataset, LabelDataset) and known not in (None, dataset.num_classes):
            raise ConfigError(
                f'train_dataloader.dataset.num_classes is {dataset.num_classes} but the networks know '
                f'{known}; use the number of the data'
            )
    require_classes(training, known, 'train_dataloader.dataset')
    if runner.val_loop is not None:
        evaluation = runner.val_loop.dataloader.dataset
        require_classes(evaluation, known, 'val_dataloader.dataset', named=True)
        require_topk(runner.cfg.get('val_evaluator'), known, 'val_evaluator')
        if not isinstance(next(leaves(training)), LabelDataset):  # whose names may be mere numbers
            require_order(class_names(training), class_names(evaluation))


def require_classes(dataset: Any, known: int | None, key: str, named: bool = False) -> None:
    """The labels of a dataset must be classes of the networks; if ``named``, it also names as many."""
    if known is None:
        return
    wrong = [label for label in labels_of(dataset) if label != IGNORED and not 0 <= label < known]
    if wrong:
        raise ConfigError(
            f'{key} has the label {wrong[0]} but the networks have {known} outputs, 0 to {known - 1}; correct the '
            'labels, or give the networks the classes of the data'
        )
    names = class_names(dataset)
    if named and names and len(names) != known:
        raise ConfigError(
            f'{key} has {len(names)} classes ({", ".join(names[:5])}, ...) but the networks have {known} outputs, '
            'so labels may not match; list every class, as a folder or in metainfo=dict(classes=...)'
        )


def require_order(training: tuple[str, ...] | None, evaluation: tuple[str, ...] | None) -> None:
    """Two datasets that name the same classes must do so in the same order."""
    if training and evaluation and training != evaluation and set(training) == set(evaluation):
        label = next(label for label, names in enumerate(zip(training, evaluation)) if len(set(names)) > 1)
        raise ConfigError(
            f'The class {label} is {training[label]!r} in train_dataloader.dataset but {evaluation[label]!r} in '
            'val_dataloader.dataset; give both the same metainfo=dict(classes=...)'
        )


def require_topk(evaluator: Any, known: int | None, key: str) -> None:
    """No top-k accuracy with a k above the number of classes, at which torch stops in the first evaluation."""
    metrics = evaluator if isinstance(evaluator, (list, tuple)) else [evaluator or {}]
    for metric in metrics:
        topk = metric.get('topk', 1)
        largest = max(topk) if isinstance(topk, (list, tuple)) else topk
        if known is not None and largest > known:
            raise ConfigError(f'{key}.topk is {topk} but there are {known} classes; use topk=(1, )')


def classes_of(model: nn.Module) -> int | None:
    """A model's number of classes; None if it is unknown, or if the model ignores the data's labels."""
    if isinstance(model, TeacherLabels):
        return None
    generator = unwrapped(getattr(model, 'generator', model))
    student = unwrapped(getattr(model, 'student', model))
    return getattr(generator, 'num_classes', None) or getattr(getattr(student, 'head', None), 'num_classes', None)

"""Datasets inside others, as in ``RepeatDataset`` and ``ConcatDataset``."""

from collections.abc import Iterator
from typing import Any

import numpy as np


def leaves(dataset: Any) -> Iterator[Any]:
    """The datasets that hold items: a built dataset's, or a config's, itself if it wraps no other."""
    inner = None
    for name in ('datasets', 'dataset'):
        found = dataset.get(name) if isinstance(dataset, dict) else getattr(dataset, name, None)
        if found is not None:
            inner = found if name == 'datasets' else [found]
    if inner is None:
        yield dataset
        return
    for part in inner:
        yield from leaves(part)


def with_pipeline(dataset: dict, pipeline: list[dict]) -> dict:
    """The config of a dataset whose items go through other transforms, and none of whose items is repeated."""
    if 'dataset' in dataset:
        inner = with_pipeline(dataset['dataset'], pipeline)
        return inner if dataset['type'].split('.')[-1] == 'RepeatDataset' else {**dataset, 'dataset': inner}
    if 'datasets' in dataset:
        return {**dataset, 'datasets': [with_pipeline(part, pipeline) for part in dataset['datasets']]}
    return {**dataset, 'pipeline': pipeline}


def class_names(dataset: Any) -> tuple[str, ...] | None:
    """What a dataset says of its classes, in ``metainfo``; None if it says nothing."""
    names = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    return tuple(map(str, names)) if names else None


def labels_of(dataset: Any) -> np.ndarray:
    """The different labels of a dataset, sorted; none if its items have no single label."""
    found = [np.unique(_labels(leaf)) for leaf in leaves(dataset)]
    return np.unique(np.concatenate(found)) if found else np.array([], int)


def _labels(leaf: Any) -> np.ndarray:
    try:
        labels = np.asarray(leaf.get_gt_labels())
    except (AttributeError, KeyError, ValueError):  # another kind of dataset, no labels, or several for an item
        return np.array([], int)
    return labels if np.issubdtype(labels.dtype, np.integer) else np.array([], int)

"""Dumped configs compared, and what they give to a run."""

import json
from pathlib import Path

from ...utils.settings import setting

ABSENT = object()  # in the place of a value: the config has no such key
OUTSIDE = object()  # nor what the key is in, so it takes no part in the comparison
# Where a run was started and where it wrote; no part of what it is.
OF_THE_START = ('work_dir', 'launcher', 'load_from', 'resume')


def differences(configs: list[dict]) -> dict[str, list]:
    """The dotted keys whose values differ, with the value in each config, or ``ABSENT``.

    Dicts are compared key by key and lists of components item by item. What only some configs have is shown as a whole,
    and what differs in it between those that have it on lines of its own.
    """
    relevant = [{key: value for key, value in config.items() if key not in OF_THE_START} for config in configs]
    return {
        key: [ABSENT if value is OUTSIDE else value for value in values] for key, values in _differences('', relevant)
    }


def _differences(prefix: str, values: list) -> list[tuple[str, list]]:
    compared = [value for value in values if value is not OUTSIDE]
    if all(value == compared[0] and type(value) is type(compared[0]) for value in compared):
        return []
    present = [value for value in compared if value is not ABSENT]
    parts = [_parts(value) for value in present]
    if None in parts or len({type(value) for value in present}) > 1:
        return [(prefix, values)]
    whole = [(prefix, values)] if ABSENT in compared else []
    rows = []
    for key in sorted(set().union(*parts)):
        items = [OUTSIDE if value in (ABSENT, OUTSIDE) else _parts(value).get(key, ABSENT) for value in values]
        rows += _differences(f'{prefix}.{key}' if prefix else key, items)
    return whole + rows


def _parts(value) -> dict | None:
    """What a value is compared by: a dict's items, the numbered items of a list of components; None for the rest."""
    if isinstance(value, list) and all(isinstance(item, (dict, list)) for item in value):
        return {str(index): item for index, item in enumerate(value)}
    return value if isinstance(value, dict) else None


def identity(config: dict, checkpoints: bool) -> str:
    """A text that is equal for two configs that differ in their seed alone, and, without ``checkpoints``, in the
    checkpoint files that they name."""

    def without(value):
        if isinstance(value, dict):
            return {key: without(item) for key, item in value.items()}
        if isinstance(value, list):
            return [without(item) for item in value]
        return '' if not checkpoints and isinstance(value, str) and value.endswith('.pth') else value

    left_out = (*OF_THE_START, 'randomness', 'prerequisites')
    kept = {key: without(value) for key, value in config.items() if key not in left_out}
    randomness = config.get('randomness')
    kept['randomness'] = {**randomness, 'seed': None} if isinstance(randomness, dict) else randomness
    return json.dumps(kept, sort_keys=True, default=repr)


def given(config: dict) -> str:
    """What a run was given, from its config: teacher, prior, data. Empty without a config."""
    parts = ['teacher'] if setting(config, 'model.teachers') or setting(config, 'model.teacher') else []
    prior = setting(config, 'model.generator.init_cfg.checkpoint')
    if prior:
        parts.append(f'prior {run_of(str(prior))}')
    default, custom = config.get('default_hooks'), config.get('custom_hooks')
    hooks = [*(default.values() if isinstance(default, dict) else ()), *(custom if isinstance(custom, list) else ())]
    loaders = [setting(config, 'train_dataloader'), *(setting(hook, 'positives') for hook in hooks)]
    return ', '.join(parts + [text for loader in loaders if (text := _images(setting(loader, 'dataset')))])


def _images(dataset: object) -> str:
    """What a training set shows; nothing for labels alone."""
    kind = str(setting(dataset, 'type') or '').rpartition('.')[2]
    if kind in ('', 'LabelDataset'):
        return ''
    if kind == 'PseudoSampleDataset':
        return f'stored samples {Path(str(setting(dataset, "data_root"))).name}'
    if kind == 'StoredChains':
        return f'chains of {run_of(str(setting(dataset, "checkpoint")))}'
    return f'images of {kind}'


def run_of(checkpoint: str) -> str:
    """The run that wrote a checkpoint: the folder of a final.pth or iter_N.pth, otherwise the file."""
    path = Path(checkpoint)
    return path.parent.name or path.stem if path.stem == 'final' or path.stem.startswith('iter_') else path.stem

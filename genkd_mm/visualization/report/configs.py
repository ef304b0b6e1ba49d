"""Dumped configs: read without running them, compared, and what they give to a run."""

import ast
import json
from pathlib import Path

ABSENT = object()  # in the place of a value: the config has no such key
OUTSIDE = object()  # nor what the key is in, so that it takes no part in the comparison
# Where a run was started and where it wrote; no part of what it is.
OF_THE_START = ('work_dir', 'launcher', 'load_from', 'resume')


def read_config(path: Path) -> dict:
    """The values of a config that mmengine dumped. The file is parsed, not run: it may come from somebody else.

    Returns:
        dict: Values by name; one that is no plain data is its source text. Empty if there is no such file, or it is no
        Python.
    """
    try:
        return parse_config(path.read_text(encoding='utf-8', errors='replace'))
    except OSError:
        return {}


def parse_config(text: str) -> dict:
    """As :func:`read_config`, of the text that mmengine writes into a checkpoint too."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {
        line.targets[0].id: _value(line.value)
        for line in module.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }


def _value(node: ast.expr):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'dict' and not node.args:
        return {keyword.arg or '**': _value(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Dict) and None not in node.keys:
        return {str(_value(key)): _value(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return ast.unparse(node)


def branch(parent: dict, key: str) -> dict:
    """The dict under ``key``; an empty one if there is something else, or nothing."""
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


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
    kept['randomness'] = {key: value for key, value in branch(config, 'randomness').items() if key != 'seed'}
    return json.dumps(kept, sort_keys=True, default=repr)


def given(config: dict) -> str:
    """What a run was given, from its config: teacher, prior, data. Empty without a config."""
    model = branch(config, 'model')
    parts = ['teacher'] if model.get('teachers') or model.get('teacher') else []
    prior = branch(branch(model, 'generator'), 'init_cfg').get('checkpoint')
    if prior:
        parts.append(f'prior {run_of(str(prior))}')
    hooks = [*branch(config, 'default_hooks').values(), *(config.get('custom_hooks') or [])]
    loaders = [branch(config, 'train_dataloader'), *(branch(hook, 'positives') for hook in hooks if type(hook) is dict)]
    return ', '.join(parts + [text for loader in loaders if (text := _images(branch(loader, 'dataset')))])


def _images(dataset: dict) -> str:
    """What a training set shows; nothing for labels alone."""
    kind = str(dataset.get('type', '')).rpartition('.')[2]
    if kind in ('', 'LabelDataset'):
        return ''
    if kind == 'PseudoSampleDataset':
        return f'stored samples {Path(str(dataset.get("data_root"))).name}'
    if kind == 'StoredChains':
        return f'chains of {run_of(str(dataset.get("checkpoint")))}'
    return f'images of {kind}'


def run_of(checkpoint: str) -> str:
    """The run that wrote a checkpoint: the folder of a final.pth or iter_N.pth, otherwise the file."""
    path = Path(checkpoint)
    return path.parent.name or path.stem if path.stem == 'final' or path.stem.startswith('iter_') else path.stem

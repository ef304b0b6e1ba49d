"""Evaluate a checkpoint of a config."""

from pathlib import Path

from mmengine.config import Config

from ..engine.runner.build_errors import built_or_one_sentence
from ..engine.runner.config import as_config
from ..engine.runner.labels import classes_of, require_classes, require_topk
from ..engine.runner.launch import process_group
from ..engine.runner.runner import ConsoleRunner
from ..utils import ConfigError, load_strictly, read_checkpoint, unwrapped


def test(config: Config | str | Path, checkpoint: str, launcher: str = 'none') -> dict[str, float]:
    """Metrics of a checkpoint on the config's test set.

    Args:
        config (Config | str | Path): A config, or the path of one.
        checkpoint (str): Path of a checkpoint of that config.
        launcher (str): How the processes were started. Defaults to none.

    Raises:
        ConfigError: If the checkpoint is missing, damaged or of another network, or the config cannot be built.
    """
    config = as_config(config)
    if not config.get('test_dataloader'):
        raise ConfigError(
            f'{config.filename} has no test_dataloader to evaluate on; add '
            'test_dataloader, test_evaluator and test_cfg, for example those of validation'
        )
    state = read_checkpoint(checkpoint, 'The checkpoint argument')['state_dict']
    config.launcher = 'pytorch' if launcher == 'none' else launcher
    config.load_from, config.resume = None, False  # mmengine would load it over the checkpoint
    with process_group(launcher, config.get('env_cfg', {}).get('dist_cfg')), built_or_one_sentence(config):
        runner = ConsoleRunner.from_cfg(config)
        model = unwrapped(runner.model)
        load_strictly(model, state, checkpoint)
        known = classes_of(model)
        require_classes(runner.test_loop.dataloader.dataset, known, 'test_dataloader.dataset', named=True)
        require_topk(config.get('test_evaluator'), known, 'test_evaluator')
        return runner.test()

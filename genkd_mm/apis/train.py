"""Train a config and the prerequisites that it misses."""

from pathlib import Path

from mmengine.config import Config
from mmengine.device import is_cuda_available
from mmengine.dist import get_rank
from mmengine.runner import Runner
from rich.console import Console

from ..engine.hooks import SignalHook
from ..engine.runner.access import teachers_of
from ..engine.runner.build_errors import built_or_one_sentence
from ..engine.runner.config import as_config, load_config
from ..engine.runner.failures import check_writable, last_checkpoint, stopped_in_one_sentence
from ..engine.runner.labels import check_labels
from ..engine.runner.launch import from_main_process, process_group
from ..engine.runner.resume import check_resumable, latest_checkpoint
from ..engine.runner.runner import ConsoleRunner
from ..engine.runner.schedule import require_iterations
from ..engine.runner.standing import parts
from ..models import GenKD
from ..models.networks import input_normalisation, teacher_checkpoints
from ..models.teachers import black_boxes
from ..utils import ConfigError, load_strictly, read_checkpoint, unwrapped


def train(
    config: Config | str | Path,
    launcher: str = 'none',
    resume: bool = False,
    amp: bool = False,
    auto_scale_lr: bool = False,
) -> Runner:
    """Train the missing prerequisites of ``config``, then ``config`` itself.

    Args:
        config (Config | str | Path): A config, or the path of one.
        launcher (str): How the processes were started. Defaults to none.
        resume (bool): Resume from ``config.load_from``, else from the latest checkpoint in the work dir that can be
            read, else start from the beginning; ``config.resume=True`` asks for the same. Defaults to False.
        amp (bool): Train the student (or the only model) in mixed precision, on a GPU. Defaults to False.
        auto_scale_lr (bool): Scale the learning rates by the batch size. Defaults to False.

    Returns:
        Runner: After training.

    Raises:
        ConfigError: At bad input, before training.
        TrainingError: If the run has to stop: it diverged, another process died, or a file cannot be written.
        SystemExit: With 130 or 143 after Ctrl-C or SIGTERM, when a checkpoint has been written.
    """
    config = as_config(config)
    if amp:
        enable_amp(config)
    if auto_scale_lr:
        enable_lr_scaling(config)
    with process_group(launcher, config.get('env_cfg', {}).get('dist_cfg')):
        return _train(config, launcher, resume)


def _train(config: Config, launcher: str, resume: bool) -> Runner:
    """As :func:`train`, in a process group."""
    require_iterations(config)
    check_writable(config.work_dir)
    if config.get('prerequisites'):
        _announce(parts(config))
    for prerequisite in config.get('prerequisites', ()):
        train_prerequisite(prerequisite, launcher)
    for path, key in teacher_checkpoints(config).values():
        if path:
            read_checkpoint(path, key)
    damaged: list[str] = []
    resume = resume or bool(config.get('resume'))
    if resume and not config.get('load_from'):
        config.load_from, damaged = latest_checkpoint(config.work_dir)
    config.resume = resume and config.get('load_from') is not None
    config.launcher = 'pytorch' if launcher == 'none' else launcher
    with (
        stopped_in_one_sentence(lambda: last_checkpoint(config.work_dir), 'go on with --resume'),
        built_or_one_sentence(config),
    ):
        runner = ConsoleRunner.from_cfg(config)
        for sentence in damaged:
            runner.logger.warning(f'{sentence}: going back to {config.load_from}')
        reload_teachers(runner)
        check_labels(runner)
        if resume and not config.resume:
            runner.logger.info(f'There is no checkpoint in {config.work_dir}: training starts from the beginning')
        if config.resume:
            check_resumable(runner, config.load_from)
        try:
            runner.train()
        finally:
            SignalHook.release()
    return runner


def enable_amp(config: Config) -> None:
    """Let the student (or the only model) train in mixed precision; the energy's updates stay in float32."""
    if not is_cuda_available():
        raise ConfigError('--amp was given but there is no GPU, which AmpOptimWrapper needs; leave the flag out')
    wrapper = config.optim_wrapper.get('architecture', config.optim_wrapper)
    wrapper.update(type='AmpOptimWrapper', loss_scale='dynamic')


def enable_lr_scaling(config: Config) -> None:
    """Switch mmengine's linear scaling rule on."""
    if 'base_batch_size' not in config.get('auto_scale_lr', {}):
        raise ConfigError(
            '--auto-scale-lr was given but the config has no auto_scale_lr.base_batch_size; '
            'add it, or leave the flag out'
        )
    config.auto_scale_lr.enable = True


def train_prerequisite(prerequisite: dict, launcher: str) -> None:
    """Train what another run needs, unless its checkpoint is there; a run that was cut short is taken up again.

    ``prerequisite`` has ``config``, a path, and ``checkpoint``, the ``final.pth`` that it makes.
    """
    path, checkpoint = prerequisite['config'], Path(prerequisite['checkpoint'])
    if from_main_process(checkpoint.is_file):
        _announce(f'{checkpoint} is there: {path} is not trained again')
        return
    _announce(f'{checkpoint} is missing and this run needs it: training {path} first')
    begun = from_main_process(checkpoint.parent.is_dir)
    train(load_config(path, work_dir=str(checkpoint.parent)), launcher, resume=begun)
    if not from_main_process(checkpoint.is_file):
        raise ConfigError(
            f'prerequisites: {path} has been trained but did not write {checkpoint}; name the final.pth '
            "of its work dir, which default_hooks.checkpoint.type='GenKDCheckpointHook' writes"
        )


def _announce(text: str) -> None:
    """Tell once, in a line of its own, what happens next; no run has a log yet."""
    if get_rank() == 0:
        Console(highlight=False, soft_wrap=True).print(f'\n== {text}', style='bold', markup=False)


def reload_teachers(runner: Runner) -> None:
    """mmrazor loads teachers non-strictly and only warns of a wrong file; load them once more, strictly.

    Nor does it know the normalisation of a black box. ``GenKD`` does both itself.
    """
    model = unwrapped(runner.model)
    if isinstance(model, GenKD):
        return
    for teacher in black_boxes(teachers_of(model).values()):
        teacher.require_normalisation(**input_normalisation(runner.cfg))
    for name, (path, key) in teacher_checkpoints(runner.cfg).items():
        if path:
            load_strictly(teachers_of(model)[name], read_checkpoint(path, key)['state_dict'], f'{key} ({path})')

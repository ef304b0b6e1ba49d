"""What the stages are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """A part of the reproduction.

    Attributes:
        minutes (float): Its part of ``MINUTES``.
        config (str): What it trains; nothing if empty.
        needs (tuple[str, ...]): The stages whose ``final.pth`` it loads.
    """

    minutes: float
    config: str = ''
    needs: tuple[str, ...] = ()


STAGES = dict(
    smoke=Stage(2),
    benchmark=Stage(3),
    teacher=Stage(6, 'teachers/resnet34_cifar10.py'),
    prior=Stage(6, 'priors/energy_matching_cifar10.py'),
    genkd=Stage(3, 'genkd_cifar10_energy_matching.py', ('teacher', 'prior')),
    stored=Stage(2, 'baselines/stored_cifar10_energy_matching.py', ('teacher', 'prior')),
    dafl=Stage(2, 'baselines/dafl_cifar10.py', ('teacher',)),
    zskt=Stage(2, 'baselines/zskt_cifar10.py', ('teacher',)),
    deepinversion=Stage(2, 'baselines/deepinversion_cifar10.py', ('teacher',)),
)
MINUTES = sum(stage.minutes for stage in STAGES.values())
TRAININGS = tuple(name for name, stage in STAGES.items() if stage.config)


@dataclass(frozen=True)
class Setting:
    """What all stages share.

    Attributes:
        out (Path): Folder of the runs and results.
        configs (Path): Folder of the configs.
        data (Path | None): Folder of ``train.npz`` and ``test.npz``; None leaves the configs' own data.
        scale (float): Minutes of all stages by ``MINUTES``.
    """

    out: Path
    configs: Path
    data: Path | None
    scale: float

    def minutes(self, name: str) -> float:
        """Of a stage."""
        return self.scale * STAGES[name].minutes

    def config(self, name: str) -> str:
        """The path of a stage's config."""
        return str(self.configs / STAGES[name].config)

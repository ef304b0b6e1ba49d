"""What the stages are."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stage:
    """A part of the reproduction."""

    minutes: float  # its part of ``MINUTES``
    config: str = ''  # what it trains; nothing if empty
    needs: tuple[str, ...] = ()  # the stages whose ``final.pth`` it loads


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
    """What all stages share."""

    out: Path  # folder of the runs and results
    configs: Path  # folder of the configs
    data: Path | None  # folder of ``train.npz`` and ``test.npz``; None leaves the configs' own data
    scale: float  # minutes of all stages by ``MINUTES``

    def minutes(self, name: str) -> float:
        """Of a stage."""
        return self.scale * STAGES[name].minutes

    def config(self, name: str) -> str:
        """The path of a stage's config."""
        return str(self.configs / STAGES[name].config)

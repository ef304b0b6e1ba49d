"""What a run has spent and seen so far."""

from dataclasses import dataclass, field, fields

from ..utils import Stopwatch


@dataclass
class RunMetrics:
    """The metrics of a run that are no curves; ``GenKDCheckpointHook`` saves them, ``SummaryHook`` writes them down.

    ``GenKD`` carries them as its attribute ``metrics``; :func:`genkd_mm.engine.runner.access.metrics_of` finds those of
    any run.

    Attributes:
        iterations (int): Train steps that ``GenKD`` has made.
        total_seconds (float): Training and evaluation.
        generation (Stopwatch): Chains and fine-tuning.
        policy (Stopwatch): The fine-tuning's part of these.
        student (Stopwatch): Student steps.
        pseudo_samples (int | None): Distinct synthetic images that the student has seen.
        teacher_queries (int | None): Images that training has asked black-box teachers about.
        most_teacher_queries (int): The most in one iteration.
        chain_reward (float | None): The latest of ``ChainRewardHook``.
        accuracy_curve (list): [iteration, seconds, pseudo samples or None, top-1 in %] of each evaluation.
        initial (dict): {network: {metric: value}} before training.
        divergence_events (list[dict]): ``iter`` and ``what`` of each, see ``DivergenceGuardHook``.
        rate_factors (dict[str, float]): Product of the factors by which that hook has lowered the learning rates of an
            optimizer, by its name.
    """

    iterations: int = 0
    total_seconds: float = 0.0
    generation: Stopwatch = field(default_factory=Stopwatch)
    policy: Stopwatch = field(default_factory=Stopwatch)
    student: Stopwatch = field(default_factory=Stopwatch)
    pseudo_samples: int | None = None
    teacher_queries: int | None = None
    most_teacher_queries: int = 0
    chain_reward: float | None = None
    accuracy_curve: list = field(default_factory=list)
    initial: dict = field(default_factory=dict)
    divergence_events: list = field(default_factory=list)
    rate_factors: dict = field(default_factory=dict)

    def state_dict(self) -> dict:
        """Plain data by name; a stopwatch as its seconds, under ``student_seconds`` and so on."""
        return {
            f'{name}_seconds' if isinstance(value, Stopwatch) else name: getattr(value, 'seconds', value)
            for name, value in vars(self).items()
        }

    def load_state_dict(self, state: dict) -> None:
        """Take over what :meth:`state_dict` gave; what ``state`` lacks stays."""
        for entry in fields(self):
            if entry.name in state:
                setattr(self, entry.name, state[entry.name])
            elif f'{entry.name}_seconds' in state:
                setattr(self, entry.name, Stopwatch(state[f'{entry.name}_seconds']))

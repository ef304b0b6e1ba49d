"""What a config costs on a GPU: operations and memory, counted on the meta device, where nothing is computed."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..engine.runner.config import load_config
from ..models.losses import energy_matching_loss, policy_gradient_loss
from ..models.student import plain_architecture
from ..models.teachers import BlackBoxTeacher
from ..samplers import input_gradient
from ..structures import Trajectory
from ..utils import ConfigError, frozen
from ..visualization.tables import print_table

META = torch.device('meta')
GIGA, TERA = 1e9, 1e12
ADAM_COPIES = 4  # parameters, gradients and Adam's two moments


@dataclass(frozen=True)
class Card:
    """A GPU on paper."""

    name: str  # as its data sheet has it
    teraflops: float  # dense bfloat16 products with float32 sums, 1e12 operations a second
    gigabytes: float  # memory, 1e9 bytes


CARDS = (Card('RTX 4090', 165.2, 24), Card('A100', 312, 80), Card('H100', 989, 80))


@dataclass(frozen=True)
class Cost:
    """One iteration of a run."""

    flops: dict[str, float]  # operations of each part; a multiplication with its addition counts as two
    bytes: dict[str, float]  # memory of what stays, and of the largest set of activations (``activations``)
    iterations: int  # ``train_cfg.max_iters``

    def seconds(self, card: Card, utilisation: float) -> float:
        """Time of an iteration at a share of the card's rate."""
        return sum(self.flops.values()) / (card.teraflops * TERA * utilisation)

    @property
    def gigabytes(self) -> float:
        """Peak memory, 1e9 bytes."""
        return sum(self.bytes.values()) / GIGA

    def hours(self, card: Card, utilisation: float) -> float:
        """Time of the whole run, without evaluations."""
        return self.iterations * self.seconds(card, utilisation) / 3600


def print_costs(paths: Sequence[str], utilisation: float = 0.5, overrides: dict | None = None) -> None:
    """Print one row for each config.

    Args:
        paths (Sequence[str]): Config files.
        utilisation (float): Share of a card's bfloat16 rate that the networks' passes reach, above 0, at most 1.
        overrides (dict, optional): Dotted keys that every config takes.

    Raises:
        ConfigError: If an argument is out of range, or a config is neither a prior nor GenKD.
    """
    if not 0 < utilisation <= 1:
        raise ConfigError(f'--utilisation is {utilisation}; expected more than 0 and at most 1')
    cards = [f'{card.name} {card.gigabytes:.0f} GB: ms, hours' for card in CARDS]
    rows = []
    with DefaultScope.overwrite_default_scope('mmrazor'):
        for path in paths:
            found = cost(load_config(path, overrides))
            parts = ', '.join(f'{name} {flops / TERA:.3g}' for name, flops in found.flops.items())
            times = [
                f'{1e3 * found.seconds(card, utilisation):.3g}, {found.hours(card, utilisation):.2g}'
                if found.gigabytes < card.gigabytes
                else 'does not fit'
                for card in CARDS
            ]
            rows.append((path, parts, f'{found.gigabytes:.2f}', f'{found.iterations:,}', *times))
    print_table(('config', 'TFLOP an iteration', 'GB', 'iterations', *cards), rows)


def cost(config: Config) -> Cost:
    """Count one iteration of a prior or of GenKD.

    What is counted: passes of the networks. The noise, the optimizers and the teachers' cache are left out: each is
    below one per cent of an iteration at CIFAR's size. Activations are those that autograd saves, in bfloat16.
    """
    model = config.model
    if model.get('generator', {}).get('type') != 'EBMGenerator':
        raise ConfigError(
            f'model.type is {model.get("type")!r} without an EBMGenerator; give the config of a prior or of GenKD'
        )
    generator = MODELS.build({**model.generator, 'init_cfg': None}).to(META)
    energy, sampler, size = generator.energy, generator.sampler, config.train_dataloader.batch_size
    images, states = (
        torch.zeros(size, *shape, device=META) for shape in (generator.image_shape, generator.state_shape)
    )
    labels = torch.zeros(size, dtype=torch.long, device=META)
    encode = dict(encoder=count(lambda: generator.to_states(images)).flops) if generator.decoder else {}
    with frozen(energy):
        step = count(lambda: input_gradient(lambda x: energy(x.clone(), labels), states))
    buffer = generator.replay_buffer.states
    kept = dict(energy=ADAM_COPIES * size_of(energy.parameters()), chains=buffer.numel() * buffer.element_size())
    if generator.decoder:
        kept['decoder'] = size_of(generator.decoder.parameters())
    length = config.train_cfg.max_iters
    if model.type == 'EnergyMatchingPrior':
        matching = count(lambda: matching_loss(energy, states, labels).backward())
        return Cost(dict(update=matching.flops, **encode), dict(**kept, activations=matching.saved), length)
    twice = states.repeat(2, 1, 1, 1)
    likelihood = count(lambda: energy(twice, labels.repeat(2)).sum().backward())
    if model.type != 'GenKD':
        flops = dict(chain=sampler.num_steps * step.flops, update=likelihood.flops, **encode)
        return Cost(flops, dict(**kept, activations=max(step.saved, likelihood.saved)), length)
    return _genkd(config, generator, step, likelihood, images, states, labels, kept)


def _genkd(config, generator, step, likelihood, images, states, labels, kept) -> Cost:
    """The cost of GenKD: guided chain, policy gradient and student steps."""
    model = config.model
    student = MODELS.build(plain_architecture(model.architecture)).to(META)
    configs = [teacher.build_cfg for teacher in model.teachers.values()]
    # one that only answers does so elsewhere
    teachers = nn.ModuleList(MODELS.build(cfg) for cfg in configs if not is_black_box(cfg)).to(META)
    ask = count(lambda: [network(images, mode='tensor') for network in teachers], grad=False)
    learn = count(lambda: student(images, mode='tensor').sum().backward())
    with frozen(student), frozen(teachers):
        networks = [student, *teachers]

        def guidance(x: Tensor) -> Tensor:
            decoded = generator.to_images(x.clone())
            return sum(network(decoded.clone(), mode='tensor').sum(1) for network in networks)

        guide = count(lambda: input_gradient(guidance, states))
    hook = (config.get('default_hooks') or {}).get('policy_gradient')
    interval, parts = model.get('refresh_interval', 1), [step, likelihood, learn]
    guided = step.flops + (guide.flops if model.generator.sampler.get('guidance') else 0)
    flops = dict(
        chain=generator.sampler.num_steps * guided / interval,
        teachers=ask.flops * (1 if model.get('cache_teacher') else model.student_iter) / interval,
        student=model.student_iter * learn.flops,
    )
    if generator.decoder:
        flops['decoder'] = model.student_iter * count(lambda: generator.to_images(states), grad=False).flops
    if hook and not hook.get('policy_weight', 1):
        flops['likelihood'] = likelihood.flops / hook.get('interval', 1)
    elif hook:
        policy = count(lambda: policy_loss(hook, generator.energy, states, labels).backward())
        flops['policy_gradient'] = (policy.flops + likelihood.flops) / hook.get('interval', 1)
        parts.append(policy)
    kept = dict(kept, student=2 * size_of(student.parameters()) + size_of(teachers.parameters()))
    activations = max(part.saved for part in parts)
    return Cost(flops, dict(**kept, activations=activations), config.train_cfg.max_iters)


def is_black_box(build_cfg: dict) -> bool:
    """Whether a teacher's config is of one that only answers."""
    kind = build_cfg.get('type')  # a class in pure-Python configs, nothing beside cfg_path
    cls = MODELS.get(kind) if isinstance(kind, str) else kind
    return cls is not None and issubclass(cls, BlackBoxTeacher)


def matching_loss(energy: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The loss of ``EnergyMatchingPrior`` on blank images: grad f is differentiated again."""
    states = torch.zeros_like(images).requires_grad_(True)
    return energy_matching_loss(energy(states.clone(), labels), states, images)


def policy_loss(hook: dict, energy: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """The loss of ``PolicyGradientHook`` on a window of blank images."""
    estimator = hook.get('estimator', 'autograd')
    window = 1 if estimator == 'marginal' else hook.get('window', 5)
    ones = torch.ones(window, device=META)
    states = images.expand(window + 1, *images.shape)
    trajectory = Trajectory(states, states[1:], ones, ones, ones, labels, images)
    advantage = images.new_zeros(window, len(images))
    return policy_gradient_loss(estimator, lambda x, y: energy(x.clone(), y), trajectory, advantage)


@dataclass(frozen=True)
class Count:
    """Operations of a call, and bytes that autograd saved for its backward pass, in bfloat16."""

    flops: float
    saved: float


def count(call: Callable[[], object], grad: bool = True) -> Count:
    """Run ``call`` on the meta device and count."""
    with saved_numbers() as saved, torch.set_grad_enabled(grad), FlopCounterMode(display=False) as counter:
        call()
    return Count(counter.get_total_flops(), 2.0 * sum(saved.values()))


@contextmanager
def saved_numbers():
    """How many numbers autograd saves inside, by storage, so a shared tensor counts once."""
    found: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, nn.Parameter):
            found[id(tensor.untyped_storage())] = tensor.numel()
            kept.append(tensor)  # or another tensor could get its storage's address
        return tensor

    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield found


def size_of(parameters: Sequence[Tensor]) -> int:
    """Bytes of float32 parameters."""
    return 4 * sum(parameter.numel() for parameter in parameters)

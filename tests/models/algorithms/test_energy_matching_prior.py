import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.structures import DataSample
from mmrazor.registry import MODELS
from torch.nn import functional as F

from genkd_mm.models.losses.energy_matching import energy_matching_loss, interpolated
from genkd_mm.utils import ConfigError


def make(sampler=None, guidance=(), **changes):
    classifier = dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        backbone=dict(
            type='mmrazor.SmoothWideResNet',
            depth=10,
            widen_factor=1,
            in_channels=1,
            base_channels=16,
            strides=(1, 2),
            stem_stride=2,
        ),
        neck=dict(type='mmrazor.FlattenNeck'),
        head=dict(type='LinearClsHead', num_classes=4, in_channels=256),
    )
    config = dict(
        type='EnergyMatchingPrior',
        data_preprocessor=dict(type='mmpretrain.ClsDataPreprocessor', mean=[127.5], std=[127.5]),
        generator=dict(
            type='EBMGenerator',
            image_shape=(1, 8, 8),
            energy=dict(type='ClassifierEnergy', classifier=classifier),
            sampler=sampler
            or dict(
                type='LangevinSampler', num_steps=10, step_size=0.1, noise_std=0.0, start='normal', dtype='float32'
            ),
            replay_buffer=dict(type='ReplayBuffer', capacity=80),
        ),
    )
    config['generator']['sampler']['guidance'] = list(guidance)
    with DefaultScope.overwrite_default_scope('mmrazor'):
        prior = MODELS.build({**config, **changes})
    prior.init_weights()
    return prior


def data(number=40):
    """Each class lights one quarter of the image."""
    labels = torch.arange(number) % 4
    images = torch.full((number, 1, 8, 8), -0.9)
    for image, label in zip(images, labels, strict=True):
        row, column = 4 * (label // 2), 4 * (label % 2)
        image[0, row : row + 4, column : column + 4] = 0.9
    return images, labels


def trained(prior, steps=150):
    images, labels = data()
    optimizer = torch.optim.Adam(prior.energy.parameters(), lr=2e-3)
    for _ in range(steps):
        losses = prior.loss(images, labels)
        optimizer.zero_grad()
        sum(value for name, value in losses.items() if name.startswith('loss')).backward()
        optimizer.step()
    return prior


def test_losses_are_those_of_the_formula(monkeypatch):
    prior = make(classification_weight=0.5, dtype='float32')
    images, labels = data(4)  # one image a class, so that pairing within classes changes nothing
    noise, times = torch.randn(4, 1, 8, 8), torch.tensor([0.1, 0.5, 0.9, 1.0])
    monkeypatch.setattr('genkd_mm.models.losses.energy_matching.standard_normal', lambda images: noise)
    monkeypatch.setattr('torch.rand', lambda *sizes, **where: times)
    losses = prior(images, [DataSample().set_gt_label(int(y)) for y in labels], mode='loss')
    states = interpolated(noise, images, times).requires_grad_(True)
    expected = energy_matching_loss(prior.energy(states, labels), states, images - noise)
    torch.testing.assert_close(losses['loss_matching'], expected)
    entropies = F.cross_entropy(prior.energy.logits(states), labels, reduction='none')
    torch.testing.assert_close(losses['loss_classification'], 0.5 * (times * entropies).mean())


def test_chains_from_noise_end_on_images_of_their_class():
    prior = trained(make(dtype='float32'))
    generator = prior.generator
    with torch.no_grad():
        generator.fill(batch_size=30)
    states, templates = generator.replay_buffer.states, data(4)[0]
    distances = torch.cdist(states.flatten(1), templates.flatten(1)) / 8  # root mean square of a pixel
    assert (distances.argmin(1) == generator.replay_buffer.labels).float().mean() > 0.95
    assert distances.min(1).values.mean() < 0.3
    assert states.abs().max() <= 1


def test_the_generators_energy_is_the_moving_average_of_the_trained_one():
    prior = make(dtype='float32', momentum=0.5)
    images, labels = data(8)
    weights = []
    for step in range(3):
        with torch.no_grad():
            for parameter in prior.energy.parameters():
                parameter.fill_(step)
        prior.loss(images, labels)
        weights.append(next(prior.generator.energy.parameters()).flatten()[0].item())
    assert weights[0] == 0 and 0 < weights[1] < 1 < weights[2] < 2
    assert not any(parameter.requires_grad for parameter in prior.generator.energy.parameters())


def test_its_checkpoint_holds_the_average_under_the_generators_name():
    prior = trained(make(), steps=3)
    energy = {k: v for k, v in prior.state_dict().items() if k.startswith('generator.energy.')}
    assert energy and all(torch.equal(v, prior.state_dict()[f'average.module.{k[17:]}']) for k, v in energy.items())


def test_the_unconditional_prior_matches_whole_batches():
    prior = make()
    prior.generator.conditional = False
    losses = prior.loss(*data(8))
    losses['loss_matching'].backward()
    assert all(parameter.grad is not None for parameter in prior.energy.parameters())


@pytest.fixture
def teacher(tmp_path):
    """The arguments that give a prior a teacher whose class is the brightest quarter, and its statistics."""
    network = dict(
        _scope_='mmpretrain',
        type='ImageClassifier',
        backbone=dict(type='mmrazor.SmallConvNet', in_channels=1, width=8),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=4, in_channels=8),
    )
    with DefaultScope.overwrite_default_scope('mmrazor'):
        classifier = MODELS.build(network)
    images, labels = data()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=1e-2)
    for _ in range(60):
        logits = classifier((images + 1) * 127.5 / 50 - 1, mode='tensor')  # mean 50, standard deviation 50
        optimizer.zero_grad()
        F.cross_entropy(logits, labels).backward()
        optimizer.step()
    spec = dict(classes=list('0123'), image_shape=[1, 8, 8], mean=[50.0], std=[50.0])
    torch.save(dict(state_dict=classifier.state_dict(), data_spec=spec), tmp_path / 'teacher.pth')
    preprocessor = dict(type='mmpretrain.ClsDataPreprocessor', mean=[50.0], std=[50.0], num_classes=4)
    return dict(teacher=network, teacher_ckpt=str(tmp_path / 'teacher.pth'), teacher_preprocessor=preprocessor)


@pytest.mark.parametrize(
    'criterion, weight',
    [(dict(type='TeacherCrossEntropy'), 3.0), (dict(type='BatchNormStatistics', per_image=False), 1.0)],
)
def test_the_owners_teacher_guides_the_chains(teacher, criterion, weight):
    """The energy is untrained, so what the chains gain is the teacher's."""
    costs = []
    for chosen in (0.0, weight):
        torch.manual_seed(0)
        prior = make(guidance=[dict(criterion, weight=chosen)], **teacher)
        generator = prior.generator
        with torch.no_grad():
            generator.fill(batch_size=20)
            states, labels = generator.replay_buffer.states, generator.replay_buffer.labels
            costs.append(generator.sampler.guidance[0](states, labels).mean())
    assert costs[1] < 0.9 * costs[0]


def test_guided_chains_are_drawn_in_batches_of_all_classes(teacher, monkeypatch):
    prior = make(guidance=[dict(type='BatchNormStatistics', per_image=False)], **teacher)
    seen = []
    run = prior.generator._run
    monkeypatch.setattr(prior.generator, '_run', lambda start, labels: seen.append(labels) or run(start, labels))
    prior.generator.fill(batch_size=20)
    assert all(labels.bincount().tolist() == [5, 5, 5, 5] for labels in seen) and len(seen) == 4


@pytest.mark.parametrize(
    'criterion, words',
    [
        ('TeacherCrossEntropy', 'guidance has TeacherCrossEntropy but the model has no teacher'),
        ('Disagreement', 'guidance has Disagreement but the model has no teacher'),
    ],
)
def test_guidance_without_a_teacher_is_refused(criterion, words):
    with pytest.raises(ConfigError, match=words):
        make(guidance=[dict(type=criterion)])


def test_a_prior_has_no_student_to_ask(teacher):
    with pytest.raises(ConfigError, match='A criterion asks the student but the model has none'):
        make(guidance=[dict(type='Disagreement')], **teacher)


def test_chains_that_start_elsewhere_are_refused():
    with pytest.raises(ConfigError, match="model.generator.sampler.start is 'uniform' but .* needs 'normal'"):
        make(sampler=dict(type='LangevinSampler', num_steps=10, step_size=0.1))

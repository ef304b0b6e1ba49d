import pytest
import torch
from mmrazor.registry import MODELS
from torch import nn

from genkd_mm.models import ClassifierEnergy, SmoothWideResNet
from genkd_mm.models.energies import log_density, require_smooth
from genkd_mm.utils import ConfigError


@pytest.fixture
def energy(teacher_config) -> ClassifierEnergy:
    """As a config builds it."""
    return MODELS.build(dict(type='ClassifierEnergy', classifier=teacher_config)).eval()


def test_log_density_by_hand():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, -4.0]])
    torch.testing.assert_close(log_density(logits, None), logits.exp().sum(1).log())
    torch.testing.assert_close(log_density(logits, None)[0], torch.tensor(4.0).log())
    assert log_density(logits, torch.tensor([2, 3])).tolist() == [0.0, -4.0]


def test_energy_of_large_logits_is_finite():
    logits = torch.tensor([[1e4, 0.0], [-1e4, -1e4]])
    torch.testing.assert_close(log_density(logits, None), torch.tensor([1e4, -1e4 + 0.6931472]))


def test_energy_is_read_from_the_classifier(energy, images, labels):
    logits = energy.classifier(images, mode='tensor')
    torch.testing.assert_close(energy.logits(images), logits)
    torch.testing.assert_close(energy(images), logits.logsumexp(1))
    torch.testing.assert_close(energy(images, labels), logits[torch.arange(5), labels])


def test_posterior_is_the_classifiers_softmax(energy, images, labels):
    """f(x, y) - f(x) = log p(y | x): what makes the classifier an energy of x."""
    posterior = energy.logits(images).log_softmax(1)
    torch.testing.assert_close(energy(images, labels) - energy(images), posterior[torch.arange(5), labels])


def test_gradient_of_the_energy_is_the_expected_gradient_of_the_logits(energy, images):
    """grad f(x) = sum_y p(y | x) grad f(x, y)."""
    images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(energy(images).sum(), images)
    logits = energy.logits(images)
    (expected,) = torch.autograd.grad((logits.softmax(1).detach() * logits).sum(), images)
    torch.testing.assert_close(gradient, expected)


def test_built_classifier_is_taken(teacher):
    assert ClassifierEnergy(teacher).classifier is teacher


@pytest.mark.parametrize(
    'layer',
    [nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(0.2), nn.PReLU(), nn.Hardswish(), nn.BatchNorm2d(2), nn.SyncBatchNorm(2)],
    ids=lambda layer: type(layer).__name__,
)
def test_require_smooth_names_what_is_not(layer):
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.SiLU(), layer))
    with pytest.raises(ConfigError) as error:
        require_smooth(network)
    text = str(error.value)
    assert f'has a {type(layer).__name__} (1.1)' in text
    assert 'SmoothWideResNet' in text and '\n' not in text  # what to use


def test_require_smooth_refuses_an_ordinary_classifier(energy):
    with pytest.raises(ConfigError, match='classifier.backbone'):
        require_smooth(energy)


def test_require_smooth_refuses_a_kinked_activation_of_the_smooth_network():
    with pytest.raises(ConfigError, match='LeakyReLU'):
        require_smooth(SmoothWideResNet(depth=10, widen_factor=1, activation='LeakyReLU'))


@pytest.mark.parametrize(
    'network',
    [
        SmoothWideResNet(depth=10, widen_factor=1),
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.Softplus(), nn.AvgPool2d(2), nn.GELU(), nn.Tanh()),
    ],
    ids=['SmoothWideResNet', 'GroupNorm and Softplus'],
)
def test_require_smooth_accepts_smooth_networks(network):
    require_smooth(network)


def test_the_contrast_leans_away_from_the_other_classes():
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    classifier.forward = lambda images, mode: nn.Sequential.forward(classifier, images)
    images, labels = torch.randn(5, 1, 2, 2), torch.tensor([0, 2, 1, 1, 0])
    plain, leaning = ClassifierEnergy(classifier), ClassifierEnergy(classifier, contrast=1.5)
    own, mean = plain(images, labels), plain.logits(images).mean(1)
    torch.testing.assert_close(leaning(images, labels), own + 1.5 * (own - mean))
    torch.testing.assert_close(leaning(images), plain(images))

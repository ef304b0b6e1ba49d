import pytest
import torch

from genkd_mm.evaluation import InceptionFeatures, TeacherFeatures
from genkd_mm.utils import ConfigError


def test_the_teachers_logits_are_those_of_its_normalised_input(teacher):
    pixels = torch.randint(0, 256, (6, 1, 8, 8), dtype=torch.uint8)
    features, logits = TeacherFeatures(teacher, [77.8], [95.9])(pixels)
    assert torch.allclose(logits, teacher((pixels.float() - 77.8) / 95.9, mode='tensor'), atol=1e-5)
    assert torch.allclose(teacher.head.fc(features), logits, atol=1e-5) and features.shape == (6, 32)


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """torch-fidelity's network with random weights in the place of the download's."""
    fidelity = pytest.importorskip('torch_fidelity.feature_extractor_inceptionv3')
    path = tmp_path_factory.mktemp('inception') / 'weights.pth'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fidelity, 'load_state_dict_from_url', lambda *args, **kwargs: {})
        patch.setattr(fidelity.FeatureExtractorInceptionV3, 'load_state_dict', lambda *args: None)
        network = fidelity.FeatureExtractorInceptionV3('inception-v3-compat', ['2048'])
    torch.save(network.state_dict(), path)
    return str(path)


def test_inceptions_features_and_logits(weights):
    extractor = InceptionFeatures(weights)
    grey = torch.randint(0, 256, (2, 1, 8, 8), dtype=torch.uint8)
    features, logits = extractor(grey)
    assert features.shape == (2, 2048) and logits.shape == (2, 1008)
    assert torch.equal(extractor(grey.repeat(1, 3, 1, 1))[0], features)
    assert torch.allclose(features @ extractor.network.fc.weight.T, logits, atol=1e-5)


def test_wrong_files_of_inception_weights(weights, tmp_path):
    with pytest.raises(ConfigError, match="'nowhere.pth', does not exist; get it from https://"):
        InceptionFeatures('nowhere.pth')
    torch.save(dict(fc=torch.zeros(3)), tmp_path / 'other.pth')
    with pytest.raises(ConfigError, match='is of another network'):
        InceptionFeatures(str(tmp_path / 'other.pth'))


def test_a_file_with_code_is_not_run(weights, tmp_path):
    path = tmp_path / 'hostile.pth'

    class Hostile:
        def __reduce__(self):
            return (open, (str(tmp_path / 'written'), 'w'))

    torch.save(dict(state_dict=Hostile()), path)
    with pytest.raises(ConfigError, match='not a readable checkpoint'):
        InceptionFeatures(str(path))
    assert not (tmp_path / 'written').exists()


def test_torch_fidelity_is_not_installed(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'torch_fidelity.feature_extractor_inceptionv3', None)
    with pytest.raises(ConfigError, match='needs torch-fidelity, which is not installed; run: pip install'):
        InceptionFeatures('weights.pth')

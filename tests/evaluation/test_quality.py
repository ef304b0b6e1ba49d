import pytest
import torch

from genkd_mm.evaluation import METRICS, ImageSet, TeacherFeatures, measure

CPU = torch.device('cpu')
REAL_ONLY = {name for name in METRICS if name.startswith(('fid', 'precision', 'recall', 'diversity_ratio', 'nearest'))}


@pytest.fixture
def extractor(teacher):
    return TeacherFeatures(teacher, [127.5], [60.0])


def images(number, seed=0, shift=0):
    rng = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 200, (number, 1, 8, 8), generator=rng, dtype=torch.uint8) + shift
    return ImageSet(pixels, torch.arange(number) % 10)


def test_the_data_itself_is_perfect(extractor):
    data = images(60)
    figures, numbers = measure(data, data, extractor, None, CPU)
    assert set(figures) == set(METRICS) and all(value is not None for value in figures.values())
    assert figures['fid'] == pytest.approx(0, abs=1e-4) and figures['diversity_ratio'] == pytest.approx(1)
    assert figures['precision'] == figures['recall'] == 1
    assert figures['nearest_pixels'] == figures['nearest_features'] == 0 and numbers.tolist() == list(range(60))
    assert figures['nearest_pixels_real'] > 0


def test_pixel_distances_are_root_mean_squares_of_pixel_values(extractor):
    real, made = images(20), images(20, shift=7)
    figures, numbers = measure(made, real, extractor, None, CPU)
    assert figures['nearest_pixels'] == pytest.approx(7) and numbers.tolist() == list(range(20))


def test_memorised_collapsed_samples_are_told_from_new_ones(extractor):
    real = images(60)
    copies = ImageSet(real.pixels[:10].repeat(6, 1, 1, 1), real.labels[:10].repeat(6))
    copied, new = (measure(made, real, extractor, None, CPU)[0] for made in (copies, images(60, seed=1)))
    assert copied['nearest_pixels_min'] == 0 < new['nearest_pixels_min']
    assert copied['diversity_ratio'] < 1e-3 < new['diversity_ratio']
    assert copied['precision'] == 1 and copied['recall'] < 1


def test_without_data_what_needs_it_is_none(extractor):
    figures, numbers = measure(images(20), None, extractor, None, CPU)
    assert numbers is None and {name for name, value in figures.items() if value is None} == REAL_ONLY


def test_samples_without_a_class_get_the_teachers_but_no_confidence_in_it(extractor):
    data = images(20)
    figures, _ = measure(data._replace(labels=torch.full((20,), -100)), None, extractor, None, CPU)
    assert figures['confidence'] is figures['agreement'] is None
    with torch.no_grad():
        argmax = extractor(data.pixels)[1].argmax(1)
    expected, _ = measure(data._replace(labels=argmax), None, extractor, None, CPU)
    assert figures['diversity'] == expected['diversity'] and expected['agreement'] == 1


def test_features_are_inceptions_and_confidence_the_teachers(extractor):
    class Means(torch.nn.Module):
        """In Inception's place: two features, the image's mean and its first pixel."""

        def forward(self, pixels):
            values = pixels.float().flatten(1)
            return torch.stack([values.mean(1), values[:, 0]], 1), values[:, :3]

    real, made = images(30), images(30, shift=5)
    figures, _ = measure(made, real, extractor, Means(), CPU)
    assert figures['fid'] == pytest.approx(2 * 5**2, rel=1e-4)
    assert figures['confidence'] == measure(made, None, extractor, None, CPU)[0]['confidence']
    assert measure(made, real, None, Means(), CPU)[0]['confidence'] is None


def test_without_a_network_nothing_can_be_measured():
    with pytest.raises(ValueError, match='neither teacher nor inception was given'):
        measure(images(20), None, None, None, CPU)

"""All metrics of a set of samples."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .distances import mean_pairwise_distance, nearest, precision_recall
from .scores import confidence, frechet_distance, inception_score

METRICS = dict(
    fid='Frechet distance of the features, 0 is best',
    inception_score='1 to the number of classes, the latter is best',
    inception_score_std='over ten tenths of the samples',
    precision='share of samples among real images',
    recall='share of real images among samples',
    diversity='mean distance of two samples of a class, in features',
    diversity_ratio='that, over the same of real images',
    confidence="teacher's mean probability of the label",
    agreement='share of samples that the teacher gives their label',
    nearest_pixels='mean distance of the nearest real image, RMS of 0..255',
    nearest_pixels_min='the smallest',
    nearest_pixels_real="mean distance of a real image's nearest other",
    nearest_features='mean distance of the nearest real image, in features',
    nearest_features_min='the smallest',
    nearest_features_real="mean distance of a real image's nearest other",
)


class ImageSet(NamedTuple):
    """Images with classes.

    Attributes:
        pixels (Tensor): Shape (N, C, H, W), uint8, RGB or grey.
        labels (Tensor): Shape (N,), int64; negative where an image has no class.
    """

    pixels: Tensor
    labels: Tensor


class Extracted(NamedTuple):
    """Features (N, D) and logits (N, classes), float32."""

    features: Tensor
    logits: Tensor


def extract(extractor: nn.Module, pixels: Tensor, device: torch.device, batch_size: int = 200) -> Extracted:
    """Pass all images through an extractor of :mod:`genkd_mm.evaluation.extractors`."""
    extractor = extractor.eval().to(device)
    with torch.no_grad():
        batches = [extractor(batch.to(device)) for batch in pixels.split(batch_size)]
    return Extracted(*(torch.cat(values).float() for values in zip(*batches)))


def measure(
    samples: ImageSet,
    real: ImageSet | None,
    teacher: nn.Module | None,
    inception: nn.Module | None,
    device: torch.device,
) -> tuple[dict[str, float | None], Tensor | None]:
    """Every metric of ``METRICS`` that can be measured; the others are None.

    Features are Inception's if there is one, otherwise the teacher's. An image without a class counts with the class
    that the teacher gives it, but not for ``confidence`` and ``agreement``.

    Args:
        samples (ImageSet): At least four images.
        real (ImageSet, optional): At least four images of the same shape; the training set.
        teacher (nn.Module, optional): A ``TeacherFeatures``.
        inception (nn.Module, optional): An ``InceptionFeatures``. One of the two must be there.
        device (torch.device): Where to compute.

    Returns:
        tuple: The metrics; the number of each sample's nearest real image in pixels (N,), or None without ``real``.

    Raises:
        ValueError: If there is neither a teacher nor an Inception network.
    """
    extractor = inception or teacher
    if extractor is None:
        raise ValueError('Samples are measured in features, and neither teacher nor inception was given')
    judged = extract(teacher, samples.pixels, device) if teacher else None
    made = judged if judged and extractor is teacher else extract(extractor, samples.pixels, device)
    metrics: dict[str, float | None] = dict.fromkeys(METRICS)
    metrics['inception_score'], metrics['inception_score_std'] = inception_score(made.logits)
    labels = samples.labels.to(device)
    if judged and (labels >= 0).all():
        metrics['confidence'], metrics['agreement'] = confidence(judged.logits, labels)
    labels = torch.where(labels < 0, judged.logits.argmax(1), labels) if judged else labels
    metrics['diversity'] = mean_pairwise_distance(made.features, labels)
    if real is None:
        return metrics, None
    features = extract(extractor, real.pixels, device).features
    metrics['fid'] = frechet_distance(features, made.features)
    metrics['precision'], metrics['recall'] = precision_recall(features, made.features)
    reference = mean_pairwise_distance(features, real.labels.to(device))
    if metrics['diversity'] is not None and reference:
        metrics['diversity_ratio'] = metrics['diversity'] / reference
    scale = 1 / samples.pixels[0].numel() ** 0.5  # Euclidean distance to root mean square
    pixels = [images.pixels.to(device).flatten(1).float() * scale for images in (samples, real)]
    distances, numbers = nearest(*pixels)
    metrics |= nearest_metrics('nearest_pixels', distances, pixels[1])
    metrics |= nearest_metrics('nearest_features', nearest(made.features, features)[0], features)
    return metrics, numbers.cpu()


def nearest_metrics(name: str, distances: Tensor, real: Tensor) -> dict[str, float]:
    """Mean and smallest of the samples' distances (N,), and the mean of the real points (M, D) among themselves."""
    return {
        name: distances.mean().item(),
        f'{name}_min': distances.min().item(),
        f'{name}_real': nearest(real)[0].mean().item(),
    }

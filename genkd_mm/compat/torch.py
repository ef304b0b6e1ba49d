"""torch and torchvision: releases that fit each other; torch's convolutions are in ``torch_convolutions``."""

from . import versions


def check_torchvision() -> None:
    """torchvision's compiled operators fit one torch release only, and a CUDA build does not fit a CPU build.

    Raises:
        ImportError: If torchvision is missing, of another release than torch, or does not import beside it.
    """
    torch_version, vision_version = versions.version_of('torch'), versions.version_of('torchvision')
    advice = 'install the two as a pair, for example: pip install torch==2.11.0 torchvision==0.26.0'
    if vision_version is None:
        raise ImportError(f'torch {torch_version} is installed without torchvision; {advice}')
    torch_release, vision_release = versions.release_of(torch_version), versions.release_of(vision_version)
    if torch_release[0] == 2 and vision_release[:2] != (0, torch_release[1] + 15):
        raise ImportError(
            f'torch {torch_version} needs torchvision 0.{torch_release[1] + 15} '
            f'and {vision_version} is installed; {advice}'
        )
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, OSError) as error:
        raise ImportError(
            f'torchvision {vision_version} does not import beside torch {torch_version} ({error}); {advice}'
        ) from error

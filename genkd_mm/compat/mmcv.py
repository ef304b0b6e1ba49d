"""mmcv: which releases mmrazor accepts."""

from . import versions


def check_mmcv() -> None:
    """mmrazor 1.0.0 accepts mmcv 2.0.0 to 2.1.0 only, and mmcv and mmcv-lite overwrite each other's files.

    Raises:
        ImportError: If neither, both, or another version is installed.
    """
    full, lite = versions.version_of('mmcv'), versions.version_of('mmcv-lite')
    if full and lite:
        raise ImportError(
            f'Both mmcv {full} and mmcv-lite {lite} are installed and overwrite each other; '
            'uninstall both, then install one: pip install mmcv-lite==2.1.0'
        )
    version = full or lite
    if version is None:
        raise ImportError(
            'Neither mmcv nor mmcv-lite is installed and mmrazor needs one of them; run: pip install mmcv-lite==2.1.0'
        )
    if not (2, 0, 0) <= versions.release_of(version) <= (2, 1, 0):
        raise ImportError(
            f'mmcv {version} is installed and mmrazor 1.0.0 works with 2.0.0 to 2.1.0; '
            'run: pip install mmcv-lite==2.1.0'
        )

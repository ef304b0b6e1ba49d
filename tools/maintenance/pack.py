"""Pack what a machine without a network needs for tools/reproduce_cifar10.py, in pieces.

    python tools/maintenance/pack.py pack --data data/cifar10 --python 3.12

The machine there has Linux on x86-64, Python, torch and torchvision. The pack holds wheels of the versions that are
installed here, this checkout and the data; OUT/unpack.py there checks, unpacks and runs it. pip downloads the wheels.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
ROOTS = ('genkd_mm[stack,bench]', 'pytest')
THERE = ('torch', 'torchvision')  # with all that only they need
REPLACED = {
    'opencv-python': 'opencv-python-headless',  # the other needs libGL, which a machine without a screen may lack
    'setuptools': 'setuptools<82',  # the one here may be too old for the Python there
}
CHECKOUT = ('genkd_mm', 'configs', 'tools', 'tests', 'setup.cfg', 'pyproject.toml')
DATA = ('train.npz', 'test.npz')
PLATFORMS = ('manylinux2014', 'manylinux_2_17', 'manylinux_2_27', 'manylinux_2_28')
MIB = 2**20


def main() -> None:
    """Pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='folder of the pieces')
    parser.add_argument('--data', type=Path, required=True, help='folder with train.npz and test.npz')
    parser.add_argument('--python', default='3.12', help='version of Python there; default %(default)s')
    parser.add_argument('--piece', type=float, default=60, help='largest size of a piece in MiB; default %(default)g')
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder, 'wheels')
        download(versions(args.python), args.python, wheels)
        files = {'wheels': wheels, **{f'data/{name}': args.data / name for name in DATA}}
        files |= {f'checkout/{name}': ROOT / name for name in tracked()}
        pieces = cut(archive(files, Path(folder, 'pack.tar')), args.out, int(args.piece * MIB))
    shutil.copy(Path(__file__).with_name('unpack.py'), args.out)
    size = sum((args.out / name).stat().st_size for name in pieces)
    print(f'{args.out}: {len(pieces)} pieces, {size / MIB:.0f} MiB')


def versions(python: str) -> dict[str, str]:
    """The installed version of each package that the roots need, by name; without what is there."""
    found: dict[str, str] = {}
    waiting = [Requirement(root) for root in ROOTS]
    while waiting:
        requirement = waiting.pop()
        name = requirement.name.lower().replace('_', '-')
        if name in found or name in THERE:
            continue
        package = distribution(name)
        found[name] = package.version
        for line in package.requires or ():
            needed = Requirement(line)
            there = [dict(extra=extra, python_version=python) for extra in requirement.extras or {''}]
            if needed.marker is None or any(map(needed.marker.evaluate, there)):
                waiting.append(needed)
    return found


def download(packages: dict[str, str], python: str, folder: Path) -> None:
    """Wheels of ``packages`` for a version of Python on x86-64 Linux, and one of this checkout."""
    pip = [sys.executable, '-m', 'pip', '--quiet', '--disable-pip-version-check']
    subprocess.run([*pip, 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, ROOT], check=True)
    platforms = [f'--platform={name}_x86_64' for name in PLATFORMS]
    names = [REPLACED.get(name, f'{name}=={version}') for name, version in packages.items() if name != 'genkd-mm']
    target = [f'--python-version={python}', '--only-binary=:all:', *platforms]
    subprocess.run([*pip, 'download', '--no-deps', '--dest', folder, *target, *names], check=True)


def tracked() -> list[str]:
    """The files of the checkout that the stages need."""
    listed = subprocess.run(['git', 'ls-files', *CHECKOUT], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


def archive(files: dict[str, Path], path: Path) -> Path:
    """A tar of files and folders by their names there."""
    with tarfile.open(path, 'w', encoding='utf-8') as tar:
        for name, source in files.items():
            tar.add(source, name)
    return path


def cut(path: Path, out: Path, size: int) -> dict[str, str]:
    """Cut a file into ``out``; the pieces' SHA-256 by name, which ``out/pieces.json`` keeps."""
    hashes = {}
    with open(path, 'rb') as file:
        while piece := file.read(size):
            name = f'piece{len(hashes):03d}'
            (out / name).write_bytes(piece)
            hashes[name] = hashlib.sha256(piece).hexdigest()
    (out / 'pieces.json').write_text(json.dumps(hashes, indent=2) + '\n', encoding='utf-8')
    return hashes


if __name__ == '__main__':
    main()

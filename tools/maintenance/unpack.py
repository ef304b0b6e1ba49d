"""Unpack what pack.py has packed, and run stages of tools/reproduce_cifar10.py with it.

    python unpack.py HOME                            # keep the pieces that lie beside this file
    python unpack.py HOME smoke benchmark            # the same, and run stages
    python unpack.py HOME genkd --out results        # with options of tools/reproduce_cifar10.py

Pieces may come one after the other. Nothing outside HOME is changed but by --out, HOME/out by default. A stage
stops after --limit minutes and resumes at the next call.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

GRACE = 60  # seconds for a checkpoint


def main() -> None:
    """Unpack and run; ends with the exit code of the stages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--limit',
        type=float,
        default=9,
        help='minutes of this call, and one more for a checkpoint; default %(default)g',
    )
    parser.add_argument('home', type=Path, help='folder for all of it')
    parser.add_argument('rest', nargs=argparse.REMAINDER, metavar='...', help='arguments of tools/reproduce_cifar10.py')
    args = parser.parse_args()
    started, home = time.monotonic(), args.home.resolve()
    missing = collect(Path(__file__).parent, home)
    if missing:
        print(f'still missing: {", ".join(missing)}')
        sys.exit(2 if args.rest else 0)
    if not same(home / 'pieces.json', Path(__file__).with_name('pieces.json')) or not (home / 'pack').is_dir():
        shutil.rmtree(home / 'pack', ignore_errors=True)  # of an earlier pack
        shutil.copy(Path(__file__).with_name('pieces.json'), home)
        unpack(home)
    if args.rest:
        code = run(home, args.rest, max(1.0, 60 * args.limit - (time.monotonic() - started)))
        sys.exit(code if code >= 0 else 128 - code)  # as a shell has it


def collect(source: Path, home: Path) -> list[str]:
    """Keep the pieces in ``source`` that are whole; the names of those that have not come yet."""
    pieces = home / 'pieces'
    pieces.mkdir(parents=True, exist_ok=True)
    missing = []
    for name, expected in json.loads((source / 'pieces.json').read_text(encoding='utf-8')).items():
        if (pieces / name).is_file() and digest(pieces / name) == expected:
            continue
        if (source / name).is_file() and digest(source / name) == expected:
            shutil.copy(source / name, pieces)
        else:
            missing.append(name)
    return missing


def same(one: Path, other: Path) -> bool:
    """Whether two files are there and equal."""
    return one.is_file() and one.read_bytes() == other.read_bytes()


def digest(path: Path) -> str:
    """SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpack(home: Path) -> None:
    """The archive, whole, as HOME/pack, with the wheels' packages in HOME/pack/site."""
    archive, partial = home / 'pack.tar', home / 'partial'
    with open(archive, 'wb') as file:
        for name in sorted(json.loads((home / 'pieces.json').read_text(encoding='utf-8'))):
            file.write((home / 'pieces' / name).read_bytes())
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(archive, encoding='utf-8') as tar:
        tar.extractall(partial, filter='data')
    archive.unlink()
    for wheel in (partial / 'wheels').iterdir():
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(partial / 'site')
    partial.rename(home / 'pack')


def run(home: Path, rest: list[str], seconds: float) -> int:
    """Run the stages for so long at most; their exit code."""
    pack = home / 'pack'
    tool = pack / 'checkout/tools/reproduce_cifar10.py'
    command = [sys.executable, tool, '--data', pack / 'data', '--out', home / 'out', *rest]
    process = subprocess.Popen(command, env=environment(pack))
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def environment(pack: Path) -> dict[str, str]:
    """This process's variables, with the checkout and the packages before what is installed."""
    paths = filter(None, (str(pack / 'checkout'), str(pack / 'site'), os.environ.get('PYTHONPATH')))
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(paths)}


if __name__ == '__main__':
    main()

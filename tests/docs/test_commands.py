"""The commands on the pages: each names a tool, configs and flags that exist; test_runs.py runs those of some pages."""

import argparse
import re
import shlex
from glob import glob
from pathlib import Path

import pytest
from mmengine.config import Config

REPO = Path(__file__).parents[2]
PAGES = [
    REPO / 'README.md',
    REPO / 'CONTRIBUTING.md',
    *sorted(REPO.glob('docs/*.md')),
    *sorted(REPO.glob('configs/**/*.md')),
    *sorted(REPO.glob('results/**/README.md')),
]
LAUNCHERS = {
    'dist_train.sh': ('train.py', 2),
    'dist_test.sh': ('test.py', 3),
    'slurm_train.sh': ('train.py', 4),
    'slurm_test.sh': ('test.py', 4),
}  # the tool behind it, and its arguments before those of the tool
PLACEHOLDER = 'configs/genkd_digits.py'  # stands for CONFIG


class Parsed(Exception):
    """A tool has taken its arguments; what follows is not run."""


@pytest.fixture
def parse(monkeypatch, run_tool):
    """The arguments that a tool makes of a command's words; argparse's own error fails the test."""
    original = argparse.ArgumentParser.parse_args

    def stop(self, args=None, namespace=None):
        raise Parsed(original(self, args, namespace))

    def arguments(words: list[str]) -> argparse.Namespace:
        assert 'parse_args' in (REPO / words[1]).read_text(), f'{words[1]} takes no arguments'
        with monkeypatch.context() as patch:
            patch.setattr(argparse.ArgumentParser, 'parse_args', stop)
            try:
                run_tool(words)
            except Parsed as parsed:
                return parsed.args[0]
        raise AssertionError(f'{" ".join(words)} did not read its arguments')

    return arguments


def as_python(words: list[str]) -> list[str] | None:
    """``python tools/X.py ...`` of a command or of a launch script; None for commands that are not of tools/."""
    words = words[next((i for i, word in enumerate(words) if not re.match(r'[A-Z_]+=', word)), 0) :]  # VARIABLE=value
    words = [PLACEHOLDER if word.rstrip('.') == 'CONFIG' else word for word in words]
    if words[:1] == ['python'] and words[1:2] and words[1].startswith('tools/'):
        return words
    script = Path(words[0])
    if script.parent != Path('tools') or script.name not in LAUNCHERS:
        return None
    tool, count = LAUNCHERS[script.name]
    own, rest = words[1 : count + 1], words[count + 1 :]
    assert len(own) == count, f'{words[0]} wants {count} arguments'
    positional = {
        'dist_train.sh': own[:1],
        'dist_test.sh': own[:2],
        'slurm_train.sh': own[2:3],
        'slurm_test.sh': own[2:4],
    }[script.name]
    return ['python', f'tools/{tool}', *positional, *rest]


def has_key(config: Config, dotted: str) -> bool:
    """Whether a dotted key, with numbers for places in lists, is in a config."""
    value = config._cfg_dict
    for part in dotted.split('.'):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return False
    return True


def inline_commands(page: Path) -> list[list[str]]:
    """The words of each command in running text and in tables."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [shlex.split(code) for code in re.findall(r'`((?:python )?tools/[^`]+)`', text)]


def files(word: str) -> list[str]:
    """The files that a word names: {a,b} as the shell has it, and all that fit a loop's $NAME or the text's NAME."""
    words = [word]
    if braces := re.fullmatch(r'(.*)(?<!\$)\{(.*)\}(.*)', word):
        words = [braces[1] + part + braces[3] for part in braces[2].split(',')]
    patterns = [re.sub(r'\$\{?[A-Z]+\}?|NAME', '*', name) for name in words]
    return [name for pattern in patterns for name in sorted(glob(pattern, root_dir=REPO)) or [pattern]]


def configs_of(arguments: argparse.Namespace) -> list[str]:
    """The config files that a tool was given, whatever it calls them."""
    words = [getattr(arguments, name) for name in ('config', 'ablation') if getattr(arguments, name, None)]
    several = getattr(arguments, 'configs', None)  # a string is a folder
    return [name for word in words + (several if isinstance(several, list) else []) for name in files(word)]


def written_on(page: Path) -> set[str]:
    """The configs that a page tells its reader to write: Python blocks that begin with their name, and projects."""
    text = page.read_text()
    projects = re.findall(r'^python tools/new_project.py (\S+)', text, re.MULTILINE)
    made = {f'{folder}/{name}.py' for folder in projects for name in ('student', 'student_without_images')}
    return made | set(re.findall(r'^```python\n# (\S+\.py)$', text, re.MULTILINE))


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_commands_name_what_exists(page, read_blocks, split_commands, parse):
    blocks = [block for block in read_blocks(page) if block.language == 'bash']
    for words in [words for block in blocks for words in split_commands(block)] + inline_commands(page):
        for word in words:
            if re.match(r'tools/\w+\.(py|sh)$', word):
                assert (REPO / word).is_file(), ' '.join(words)
        command = as_python(words)
        if command is None or len(command) == 2:
            continue
        arguments = parse(command)
        for config in set(configs_of(arguments)) - written_on(page):
            assert (REPO / config).is_file(), f'{config}: {" ".join(words)}'
            known = Config.fromfile(REPO / config)
            for key in getattr(arguments, 'cfg_options', None) or {}:
                assert has_key(known, key), f'{key} is not in {config}'


def test_a_command_that_drifted_is_seen(parse):
    with pytest.raises(AssertionError, match='ended with 2'):
        parse(['python', 'tools/train.py', 'configs/genkd_digits.py', '--no-such-flag'])
    with pytest.raises(FileNotFoundError):
        parse(['python', 'tools/no_such_tool.py', 'configs/genkd_digits.py'])
    assert as_python(['GPUS=2', 'tools/slurm_train.sh', 'P', 'J', 'c.py', 'w', '--amp']) == [
        'python',
        'tools/train.py',
        'c.py',
        '--amp',
    ]


@pytest.mark.parametrize(
    'words',
    [
        'ablate.py configs/ablations/gone.py',
        'equal_time.py CONFIG configs/{genkd,gone}_digits.py --minutes 1 --out x',
        'ablate.py configs/ablations/gone_${NAME}.py',
    ],
)
def test_a_config_that_is_gone_is_seen(parse, words):
    arguments = parse(as_python(['python', *f'tools/{words}'.split()]))
    assert [name for name in configs_of(arguments) if not (REPO / name).is_file()]


def test_words_stand_for_files():
    assert files('configs/{genkd_digits,genkd_svhn}.py') == ['configs/genkd_digits.py', 'configs/genkd_svhn.py']
    assert 'configs/ablations/window_digits.py' in files('configs/ablations/${NAME}_digits.py')
    assert 'configs/mix/dkd_digits.py' in files('configs/mix/NAME.py')

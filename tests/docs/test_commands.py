"""The commands on the pages: each names a tool, configs and flags that exist; some are run."""
import argparse
import importlib.util
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmrazor.registry import MODELS

REPO = Path(__file__).parents[2]
PAGES = [REPO / 'README.md', REPO / 'CONTRIBUTING.md', *sorted(REPO.glob('docs/*.md')),
         *sorted(REPO.glob('configs/**/*.md'))]
LAUNCHERS = {'dist_train.sh': ('train.py', 2), 'dist_test.sh': ('test.py', 3), 'slurm_train.sh': ('train.py', 4),
             'slurm_test.sh': ('test.py', 4)}  # the tool behind it, and its arguments before those of the tool
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
    words = words[next((i for i, word in enumerate(words) if not re.match(r'[A-Z_]+=', word)), 0):]  # VARIABLE=value
    words = [PLACEHOLDER if word == 'CONFIG' else word for word in words]
    if words[:1] == ['python'] and words[1:2] and words[1].startswith('tools/'):
        return words
    script = Path(words[0])
    if script.parent != Path('tools') or script.name not in LAUNCHERS:
        return None
    tool, count = LAUNCHERS[script.name]
    own, rest = words[1:count + 1], words[count + 1:]
    assert len(own) == count, f'{words[0]} wants {count} arguments'
    positional = {'dist_train.sh': own[:1], 'dist_test.sh': own[:2], 'slurm_train.sh': own[2:3],
                  'slurm_test.sh': own[2:4]}[script.name]
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


def written_on(page: Path) -> set[str]:
    """The configs that a page tells its reader to write: Python blocks that begin with their name."""
    return set(re.findall(r'^```python\n# (\S+\.py)$', page.read_text(), re.MULTILINE))


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_commands_name_what_exists(page, read_blocks, split_commands, parse):
    for words in [words for block in read_blocks(page) if block.language == 'bash' for words in split_commands(block)]:
        for word in words:
            if re.match(r'tools/\w+\.(py|sh)$', word):
                assert (REPO / word).is_file(), ' '.join(words)
        command = as_python(words)
        if command is None or len(command) == 2:
            continue
        arguments = parse(command)
        config = getattr(arguments, 'config', None)
        if config is None or config in written_on(page):
            continue
        assert (REPO / config).is_file(), ' '.join(words)
        known = Config.fromfile(REPO / config)
        for key in getattr(arguments, 'cfg_options', None) or {}:
            assert has_key(known, key), f'{key} is not in {config}'


def test_a_command_that_drifted_is_seen(parse):
    with pytest.raises(AssertionError, match='ended with 2'):
        parse(['python', 'tools/train.py', 'configs/genkd_digits.py', '--no-such-flag'])
    with pytest.raises(FileNotFoundError):
        parse(['python', 'tools/no_such_tool.py', 'configs/genkd_digits.py'])
    assert as_python(['GPUS=2', 'tools/slurm_train.sh', 'P', 'J', 'c.py', 'w', '--amp']) == [
        'python', 'tools/train.py', 'c.py', '--amp']


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A folder with the repository's configs, and the digits' teacher and prior at random."""
    for name in ('configs', 'tools'):
        (tmp_path / name).symlink_to(REPO / name)
    monkeypatch.chdir(tmp_path)
    config = Config.fromfile(REPO / 'configs/genkd_digits.py')
    with DefaultScope.overwrite_default_scope('mmrazor'):
        teacher = MODELS.build(config.model.teachers.teacher.build_cfg)
        generator = MODELS.build({**config.model.generator, 'init_cfg': None})
    for network in (teacher, generator):
        network.init_weights()
    spec = dict(classes=list('0123456789'), image_shape=[1, 8, 8])
    for path, content in (
            (config.teacher_ckpt, dict(state_dict=teacher.state_dict(),
                                       data_spec=dict(spec, mean=config.mean, std=config.std))),
            (config.prior_ckpt, dict(
                state_dict={f'generator.{name}': value for name, value in generator.state_dict().items()},
                chains=generator.replay_buffer.state_dict(), data_spec=dict(spec, mean=[127.5], std=[127.5])))):
        Path(path).parent.mkdir(parents=True)
        torch.save(content, path)
    return tmp_path


def test_the_first_commands_run(trained, quick_runs, read_blocks, split_commands, run_tool, monkeypatch):
    """Blocks with the comment "run" go through as they stand, but for the options that the comment adds to training.

    The page about the export goes on with what they have made.
    """
    page = REPO / 'docs' / 'quick_start.md'
    marked = [block for block in read_blocks(page) if block.comment.startswith('run')]
    assert len(marked) == 2
    for block in marked:
        options = block.comment.partition(':')[2].split()
        for words in split_commands(block):
            run_tool(words + (['--cfg-options', *options] if words[1] == 'tools/train.py' else []))
    assert (trained / 'work_dirs/genkd_digits/summary.json').is_file()
    assert len(list((trained / 'work_dirs/samples/look/images').rglob('*.png'))) == 100
    monkeypatch.setattr('mmpretrain.apis.ModelHub._models_dict', {})  # another test may have registered the name
    follow_the_export_page(read_blocks, split_commands, run_tool)


def follow_the_export_page(read_blocks, split_commands, run_tool):
    """Its commands, without the graph where no ONNX is installed, and its snippets."""
    onnx = all(importlib.util.find_spec(name) for name in ('onnx', 'onnxruntime'))
    for block in read_blocks(REPO / 'docs' / 'export.md'):
        for words in split_commands(block) if block.language == 'bash' else ():
            if words[0] == 'python':
                run_tool([word for word in words if onnx or word != '--onnx'])
        if block.language == 'python' and (onnx or 'onnxruntime' not in block.text):
            with DefaultScope.overwrite_default_scope('mmpretrain'):
                exec(compile(block.text, 'export.md', 'exec'), {})

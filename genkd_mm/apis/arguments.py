"""Arguments that several tools share."""

import argparse
import re

from mmengine.config import DictAction


class ConfigOptions(DictAction):
    """mmengine's, which fails with a traceback where it cannot read an option."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        try:
            if any(re.search(r'[=(,[]\s*(dict\(|{)', value) for value in values):  # on which it recurses for seconds
                raise ValueError('a dict')
            super().__call__(parser, namespace, values, option_string)
        except (AssertionError, ValueError):
            parser.error(
                f'{option_string} is {" ".join(values)}; expected KEY=VALUE with a number, a word, or a list or tuple '
                'of them; to replace a dict, set its keys one by one (KEY.NAME=VALUE) or edit the config'
            )


def parser_of(doc: str | None) -> argparse.ArgumentParser:
    """A parser whose help begins with the tool's docstring."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def config_parser(doc: str | None, config: str = 'config file') -> argparse.ArgumentParser:
    """A parser with a config, which ``config`` describes, and ``--cfg-options``."""
    parser = parser_of(doc)
    parser.add_argument('config', help=config)
    add_cfg_options(parser)
    return parser


def add_cfg_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--cfg-options``, a dict of dotted keys."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        metavar='KEY=VALUE',
        help='override config keys, for example model.student_iter=2 or key="[a,b]"',
    )


def add_launcher(parser: argparse.ArgumentParser) -> None:
    """Add ``--launcher``."""
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')

"""docs/troubleshooting.md quotes messages that the package has."""

import ast
import re
from pathlib import Path

REPO = Path(__file__).parents[2]
PAGE = REPO / 'docs' / 'troubleshooting.md'
SECTIONS = ('The config', 'Data', 'Checkpoints', 'While it runs')


def texts_of_the_package() -> list[str]:
    """Every string in the package's sources, with … for what is filled in."""
    texts = []
    for path in REPO.glob('genkd_mm/**/*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                texts.append(''.join(part.value if isinstance(part, ast.Constant) else '…' for part in node.values))
    return texts


def quoted() -> list[str]:
    """The first column of the tables of our own messages."""
    sections = re.split(r'^## ', PAGE.read_text(), flags=re.MULTILINE)
    own = [section for section in sections if section.startswith(SECTIONS)]
    assert len(own) == len(SECTIONS)
    return [message for section in own for message in re.findall(r'^\| `([^`]*)` \|', section, re.MULTILINE)]


def is_in(message: str, text: str) -> bool:
    """Whether the fixed parts of a quoted message stand in a text in this order."""
    parts = [part.strip() for part in message.split('…')]
    return bool(re.search('.*?'.join(map(re.escape, filter(None, parts))), text, re.DOTALL))


def test_every_quoted_message_is_one_of_ours():
    texts, messages = texts_of_the_package(), quoted()
    assert len(messages) > 20
    assert [message for message in messages if not any(is_in(message, text) for text in texts)] == []


def test_a_message_that_changed_is_seen():
    assert is_in('… is …, which does not exist', '… is …, which does not exist; train it')
    assert not is_in('… is …, which is gone', '… is …, which does not exist; train it')

"""Every relative link of the pages leads to a file, and to a heading of it if it names one."""

import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PAGES = [
    page for pages in ('*', 'docs/*', 'configs/**/*', 'results/**/README') for page in sorted(REPO.glob(f'{pages}.md'))
]
LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
CODE = re.compile(r'^```.*?^```|`[^`\n]*`', re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and MyST make of a page's headings."""
    headings = re.findall(
        r'^#+ (.*)$', re.sub(r'^```.*?^```', '', page.read_text(), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    return {re.sub(r'[^\w\- ]', '', heading.lower()).strip().replace(' ', '-') for heading in headings}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    missing = []
    for link in LINK.findall(CODE.sub('', page.read_text())):
        if re.match(r'[a-z]+:', link):
            continue
        name, _, anchor = link.partition('#')
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(link)
    return missing


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_links_lead_somewhere(page):
    assert not broken(page)


def test_a_broken_link_is_seen(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text(
        '# One heading: here\n[a](page.md) [b](gone.md) [c](#one-heading-here) [d](#other) `[e](code.md)`\n'
        '[f](https://example.org)\n'
    )
    assert broken(page) == ['gone.md', '#other']

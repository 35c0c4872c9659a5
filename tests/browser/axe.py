"""What axe-core finds on a page as it is shown."""

import os

from axe_playwright_python.base import AXE_SCRIPT

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only violations are described and handed over: what passes is a megabyte a page, and more than half of axe's time.
RUN = """options => axe.run({...options, resultTypes: ['violations']}).then(results => results.violations.map(
  found => [found.id, found.help, found.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"""
# Contrasts are more than half of what is left, and colours do not depend on the database: SQLite's run measures them.
BUT = (
    {"color-contrast": {"enabled": False}}
    if os.environ.get("HORIZON_DATABASE_URL", "").startswith("postgres")
    else {}
)


def violations_of(page, rules=None):
    """What axe finds, shortened: `[rule, help, first elements]`; of these rules alone, of all those of WCAG 2.2 AA when None."""
    page.evaluate(AXE_SCRIPT)
    if rules:
        return page.evaluate(RUN, {"runOnly": {"type": "rule", "values": rules}})
    return page.evaluate(RUN, {"runOnly": {"type": "tag", "values": TAGS}, "rules": BUT})


def problems_on(page, paths, width):
    """What axe finds on each page that somebody who entered opens, and what is wider than the screen."""
    problems = {}
    for path in dict.fromkeys(paths):
        assert page.goto(path).status == 200, path
        found = violations_of(page)
        if found or page.evaluate("document.documentElement.scrollWidth") > width:
            problems[path] = found or "wider than the screen"
    return problems

"""What the tests of displays share: HTML read back by a parser, and its text as a reader sees it."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"br", "col", "hr", "img"}


class Page(HTMLParser):
    """Parsed HTML.

    Attributes:
        text: what a reader sees, pieces joined by a space.
        rows: cells of each table row.
        tags: every element that was opened.
        attributes: every (element, name, value).
        unclosed: elements that were not closed, or closed in the wrong order.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.unclosed: list[str] = []
        self._open: list[str] = []
        self._cells: list[list[str]] = []
        self.feed(html)
        self.close()
        self.unclosed += self._open

    @property
    def text(self) -> str:
        return " ".join(self.pieces)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(tag)

    def handle_data(self, data):
        if data.strip():
            self.pieces.append(data.strip())
        if self._open and self.rows and self.rows[-1] and {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def spans(self) -> list[int]:
        """How many columns the cells of each row take, summed."""
        return [int(value) for _, name, value in self.attributes if name == "colspan"]


def page(shown) -> Page:
    """A display, or anything that shows itself, as a parsed page that is well formed."""
    found = Page(shown._repr_html_())
    assert found.unclosed == []
    assert "script" not in found.tags and "style" not in found.tags
    return found

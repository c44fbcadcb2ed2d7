from scripts.extraction_page import PAGE, filled


def test_the_page_says_what_the_code_does():
    """docs/extraction.md's rules and table are those of today; `python scripts/extraction_page.py` writes them anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page

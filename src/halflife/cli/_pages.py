"""Where the page of a verb is, said the same way by all of them."""

from pathlib import Path


def tell(page: Path) -> None:
    """Say where a page is, on one line that is never wrapped, so that it can be copied."""
    from rich.console import Console

    Console().print(f"page in {page}", style="dim", markup=False, highlight=False, soft_wrap=True)

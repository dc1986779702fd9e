"""How does the README get its picture? Run it after `make demo`: the head, the breaker and the charts of the report."""

from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
SHOWN = ("All moves are stopped", "How many ran at once", "The night, before and after")


def main() -> None:
    """Draw docs/night.png from var/night/report.html, other tables and texts left out."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto((ROOT / "var" / "night" / "report.html").as_uri())
        for section in page.query_selector_all("section"):
            if not section.inner_text().startswith(SHOWN):
                section.evaluate("element => element.style.display = 'none'")
        page.screenshot(path=str(ROOT / "docs" / "night.png"), full_page=True)
        browser.close()


if __name__ == "__main__":
    main()

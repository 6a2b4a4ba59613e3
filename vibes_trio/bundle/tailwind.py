"""Style sheets that are written for Tailwind, for the Tailwind that is on the page (version 4)."""

import re

TAILWIND_TYPE = "text/tailwindcss"
_DIRECTIVE = re.compile(
    r"@(?:tailwind|apply|theme|utility|custom-variant|variant|source|reference|config|plugin)\b"
    r"|@import\s+[\"']tailwindcss"
)


def uses_tailwind(css: str) -> bool:
    """Whether *css* means nothing to a browser without Tailwind."""
    return _DIRECTIVE.search(css) is not None


def is_tailwind_import(path: str) -> bool:
    """Whether `@import` of *path* is for Tailwind itself."""
    return path == "tailwindcss" or path.startswith("tailwindcss/")


def is_of_tailwind(package: str) -> bool:
    """Whether a style sheet of *package* can only be read by Tailwind."""
    return package.startswith(("tw-animate-css", "tailwindcss-animate"))

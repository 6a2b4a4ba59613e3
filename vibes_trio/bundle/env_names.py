"""Values of the environment that an app asks for and was deployed without: `undefined`, where it was made with one."""

import re
from collections.abc import Iterator, Mapping

MAX_TOLD = 5
_ASKED = re.compile(
    r"\b(?P<whole>(?:import\.meta\.env|process\.env)\.(?P<name>(?:VITE|REACT_APP|NEXT_PUBLIC)_\w{1,100}))"
    # What comes after it says that the app can do without.
    r"(?!\w|\s*(?:\?\?|\|\||&&|\?|[=!]==?))"
)


def tell_unset(texts: Mapping[str, str], env: Mapping[str, str]) -> Iterator[str]:
    """Yield what is told of names that modules ask for, as plainly as if they were there, and *env* has not."""
    told: set[str] = set()
    for file, text in texts.items():
        if ".env." not in text:
            continue
        for found in _ASKED.finditer(text):
            name = found["name"]
            if name in env or name in told or len(told) >= MAX_TOLD:
                continue
            told.add(name)
            yield (
                f"{file}: {found['whole']} has no value: deploy with --env {name}=VALUE (`env` of the message), or"
                " with a file .env in the app's folder that has it."
            )

"""Names by which releases find what was built. Whoever serves needs these, and no more, of this package."""

BUILT = "/~~built~~/"
"""The folder of built files in a release."""

LINKED_STYLES = "linked.css"
"""The built file in place of a linked style sheet that the page has otherwise."""

PACKAGE_FOLDER = "./~package/"
"""Where modules of packages answer a worker, beside the built files: an import map does not reach it."""
SHEET_OF_PACKAGE = "/~npm/"  # no name that a deploy may have
"""In front of a specifier: the sheet that takes in the one in Sass that modules import of a package."""

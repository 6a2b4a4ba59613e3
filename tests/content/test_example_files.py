"""The example app comes with the program."""

from vibes_trio.content.example_files import read_example


def test_it_is_the_files_of_the_app_and_nothing_of_the_package():
    files = read_example()

    assert {"App.jsx", "style.css", "parts/Ring.jsx", "images/paper.png"} <= set(files)
    assert not [name for name in files if name.endswith((".py", ".pyc"))]
    assert b"export default" in files["App.jsx"]

"""What a style sheet of a package names is stored with it."""

from vibes_trio.modules.build.style_files import named_by_style


def test_fonts_pictures_and_style_sheets_that_are_there_are_named_once(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text(
        """@import "b.css"; @import url(../c%20d.css); @font-face { src: url("../f/x.woff2?v=1#y") url('../f/x.woff2') }
        a { background: url(data:image/png;base64,AA) url(https://x.test/p.png) url(../../outside.png) url(gone.png)}"""
    )
    (tmp_path / "css" / "b.css").write_text("@import 'a.css'; i { background: url( 'p.png' ) }")
    (tmp_path / "c d.css").write_text("")
    files = {"css/a.css", "css/b.css", "c d.css", "f/x.woff2", "css/p.png"}

    assert set(named_by_style(tmp_path, "css/a.css", files)) == files - {"css/a.css"}


def test_other_files_name_nothing(tmp_path):
    (tmp_path / "a.js").write_text('"url(b.png)"')

    assert named_by_style(tmp_path, "a.js", {"a.js", "b.png"}) == ()


def test_no_more_files_are_named_than_fit_and_none_of_a_huge_style_sheet(tmp_path):
    names = [f"{number}.png" for number in range(400)]
    (tmp_path / "many.css").write_text("".join(f"url({name})" for name in names))
    with (tmp_path / "huge.css").open("wb") as file:
        file.write(b"url(1.png)")
        file.truncate(9 * 1024 * 1024)

    assert len(named_by_style(tmp_path, "many.css", {*names})) == 300
    assert named_by_style(tmp_path, "huge.css", {*names}) == ()

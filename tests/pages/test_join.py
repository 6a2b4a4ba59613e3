"""The page that an invitation leads to."""

from page_client import page_client, signed_in
from serving import running


async def test_who_is_signed_in_can_take_it_and_others_sign_in_first(tmp_path):
    async with running(tmp_path / "data") as app, page_client(app) as client:
        out = await client.get("/join")
        client.cookie = await signed_in(app)
        into = await client.get("/join")

    assert out.has('href="/sign-in?next=/join"')
    assert not out.has('id="join"')
    assert into.has('id="join"')
    assert into.has("<strong>ada</strong>")

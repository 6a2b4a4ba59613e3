"""`run_chat_index` is tried with what it serves, in `tests/services/test_chat_search.py`; here, alone."""

import trio
from fakes import make_app, open_database

from vibes_trio.background.chat_index import run_chat_index


async def test_with_nothing_to_do_it_does_nothing_but_look_once(tmp_path, monkeypatch, autojump_clock):
    app = make_app(open_database(tmp_path))
    read, looks = type(app.db).read, []

    def counted(self, *args):
        looks.append(args[0].__name__)
        return read(self, *args)

    monkeypatch.setattr(type(app.db), "read", counted)
    async with trio.open_nursery() as nursery:
        await nursery.start(run_chat_index, app)
        await trio.sleep(app.config.limits.index_quiet_s * 20)
        nursery.cancel_scope.cancel()

    assert looks == ["list_unindexed"]
    assert (len(app.to_index), app.to_index.all) == (0, False)
    app.db.close()

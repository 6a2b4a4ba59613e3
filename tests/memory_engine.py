"""A second engine of the storage: in memory, for tests of what holds for any engine.

Honest about what it is: SQLite's language on one connection without a file, and nothing of `storage/sqlite`: no
threads, no group commit, no migrations, no lock, no point reads at once. It differs where another engine may:
what follows from other tables are views, rows of a release follow it by foreign keys, each `get` is a checkpoint,
text has to be text, and SQL that PostgreSQL would not take is refused.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import trio

from vibes_trio.config import Limits
from vibes_trio.errors import ConfigError, Internal, Overloaded
from vibes_trio.exchange import UserId
from vibes_trio.storage.feed import Change, Feed
from vibes_trio.storage.interface import (
    DiskShort,
    Hit,
    Many,
    Row,
    SearchAsked,
    Snippet,
    Text,
    Tx,
    Value,
    iso_utc,
)
from vibes_trio.storage.pending import Batch, Pending, PendingItem, deliver_all, settle

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

OUTSIDE = re.compile(
    r"\?\d|\b(rowid|glob|pragma|ifnull|iif|replace into|insert or|without rowid|indexed by|typeof)\b"
    r"|\bjson_|\b(max|min)\s*\([^()]*,|\brecursive\b.*\blimit\b.*\)\s*select",
    re.IGNORECASE | re.DOTALL,
)
"""What SQLite takes and PostgreSQL does not, or differently."""

SCHEMA = """
CREATE TABLE Assets (assetId text PRIMARY KEY, content blob NOT NULL, created text NOT NULL);
CREATE TABLE UserSlugBindings (userId text NOT NULL, userSlug text PRIMARY KEY, created text NOT NULL,
  deletion text NOT NULL DEFAULT '');
CREATE TABLE AppSlugBindings (userSlug text NOT NULL REFERENCES UserSlugBindings (userSlug), appSlug text NOT NULL,
  created text NOT NULL, lastReleaseSeq int NOT NULL DEFAULT 0, userId text NOT NULL DEFAULT '',
  updated text NOT NULL DEFAULT '', pinned text NOT NULL DEFAULT '', unpublished text NOT NULL DEFAULT '',
  visibility text NOT NULL DEFAULT 'public', title text NOT NULL DEFAULT '', icon text NOT NULL DEFAULT '',
  settings text NOT NULL DEFAULT '{}', deletion text NOT NULL DEFAULT '', PRIMARY KEY (appSlug, userSlug));
CREATE TABLE Apps (appSlug text NOT NULL, userId text NOT NULL, userSlug text NOT NULL, releaseSeq int NOT NULL,
  fsId text NOT NULL, env text NOT NULL, fileSystem text NOT NULL, mode text NOT NULL, created text NOT NULL,
  extras text, deletion text NOT NULL DEFAULT '', runId text NOT NULL DEFAULT '', message text NOT NULL DEFAULT '',
  deployedBy text NOT NULL DEFAULT '', sizeBytes int NOT NULL DEFAULT 0,
  PRIMARY KEY (appSlug, userId, userSlug, releaseSeq));
CREATE TABLE ReleaseAssets (appSlug text NOT NULL, userId text NOT NULL, userSlug text NOT NULL,
  releaseSeq int NOT NULL, assetId text NOT NULL, owned int NOT NULL,
  PRIMARY KEY (appSlug, userId, userSlug, releaseSeq, assetId),
  FOREIGN KEY (appSlug, userId, userSlug, releaseSeq) REFERENCES Apps (appSlug, userId, userSlug, releaseSeq)
  ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX ReleaseAssets_assetId ON ReleaseAssets (assetId);
CREATE TABLE Uploads (uploadId text PRIMARY KEY, userId text NOT NULL, userSlug text NOT NULL, appSlug text NOT NULL,
  grantHash text NOT NULL, mimeType text NOT NULL, created text NOT NULL, expires text NOT NULL, assetId text NOT NULL,
  size int NOT NULL);
CREATE TABLE UploadParts (uploadId text NOT NULL REFERENCES Uploads (uploadId), start int NOT NULL,
  content blob NOT NULL, PRIMARY KEY (uploadId, start));
CREATE TRIGGER Uploads_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM UploadParts WHERE uploadId IN
    (SELECT uploadId FROM Uploads WHERE appSlug = old.appSlug AND userSlug = old.userSlug);
  DELETE FROM Uploads WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TRIGGER Uploads_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE Uploads SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TABLE ChatContexts (contextId text PRIMARY KEY, userId text NOT NULL, created text NOT NULL,
  updated text NOT NULL DEFAULT '', title text NOT NULL DEFAULT '', preview text NOT NULL DEFAULT '',
  appSlug text NOT NULL DEFAULT '', userSlug text NOT NULL DEFAULT '', deleted text NOT NULL DEFAULT '',
  indexed int NOT NULL DEFAULT 0);
CREATE TABLE ChatSections (contextId text NOT NULL REFERENCES ChatContexts (contextId), seq int NOT NULL,
  origin text NOT NULL, blocks text NOT NULL, created text NOT NULL, PRIMARY KEY (contextId, seq));
CREATE TABLE AppSecrets (appSlug text NOT NULL, userSlug text NOT NULL, name text NOT NULL, sealed blob NOT NULL,
  last4 text NOT NULL, updated text NOT NULL, setBy text NOT NULL, PRIMARY KEY (appSlug, userSlug, name));
CREATE TRIGGER AppSecrets_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppSecrets WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TRIGGER AppSecrets_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE AppSecrets SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TABLE AppLog (userSlug text NOT NULL, appSlug text NOT NULL, number int NOT NULL, created text NOT NULL,
  kind text NOT NULL, byUserId text NOT NULL, fsId text NOT NULL, releaseSeq int NOT NULL, mode text NOT NULL,
  code text NOT NULL, words text NOT NULL, PRIMARY KEY (userSlug, appSlug, number));
CREATE TRIGGER AppLog_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppLog WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TRIGGER AppLog_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings
  WHEN new.appSlug <> old.appSlug OR new.userSlug <> old.userSlug BEGIN
  UPDATE AppLog SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TABLE AppChats (contextId text PRIMARY KEY REFERENCES ChatContexts (contextId) ON DELETE CASCADE,
  userId text NOT NULL, userSlug text NOT NULL, appSlug text NOT NULL, mode text NOT NULL, kind text NOT NULL,
  created text NOT NULL);
CREATE TABLE ChatTurns (contextId text NOT NULL REFERENCES ChatContexts (contextId) ON DELETE CASCADE,
  promptId text NOT NULL, firstSeq int NOT NULL, prompt text NOT NULL, fsId text NOT NULL, created text NOT NULL,
  PRIMARY KEY (contextId, promptId));
CREATE TRIGGER AppChats_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppChats WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TRIGGER AppChats_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE AppChats SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;
CREATE TABLE Users (userId text PRIMARY KEY, name text NOT NULL UNIQUE, email text NOT NULL, created text NOT NULL,
  role text NOT NULL DEFAULT 'user');
CREATE TABLE UserInvites (inviteId text PRIMARY KEY, codeHash text NOT NULL UNIQUE, name text NOT NULL,
  email text NOT NULL, role text NOT NULL, createdBy text NOT NULL, created text NOT NULL, expires text NOT NULL);
CREATE TABLE Invites (codeHash text PRIMARY KEY, userId text NOT NULL REFERENCES Users (userId),
  created text NOT NULL, expires text NOT NULL, used text);
CREATE TABLE Certificates (serial text PRIMARY KEY, userId text NOT NULL, fingerprint text NOT NULL,
  sha256 text NOT NULL, issued text NOT NULL, expires text NOT NULL, revoked text);
CREATE TABLE UserSettings (userId text PRIMARY KEY, settings text NOT NULL, created text NOT NULL,
  updated text NOT NULL);
CREATE TABLE Deletions (deletionId text PRIMARY KEY, userId text NOT NULL, kind text NOT NULL, userSlug text NOT NULL,
  appSlug text NOT NULL, fsId text NOT NULL, releases int NOT NULL, bytes int NOT NULL, created text NOT NULL,
  expires text NOT NULL);
CREATE TABLE Renames (userSlug text NOT NULL, appSlug text NOT NULL, newAppSlug text NOT NULL, created text NOT NULL,
  PRIMARY KEY (userSlug, appSlug));
CREATE TABLE AppInvites (userSlug text NOT NULL, appSlug text NOT NULL, emailKey text NOT NULL,
  givenEmail text NOT NULL, tokenHash text NOT NULL UNIQUE, role text NOT NULL, state text NOT NULL,
  grantUserId text NOT NULL DEFAULT '', created text NOT NULL, updated text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, emailKey));
CREATE TABLE AccessRequests (userSlug text NOT NULL, appSlug text NOT NULL, userId text NOT NULL, email text NOT NULL,
  state text NOT NULL, role text NOT NULL, created text NOT NULL, updated text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, userId));
CREATE TABLE ShareLinks (linkId text PRIMARY KEY, tokenHash text NOT NULL UNIQUE, userSlug text NOT NULL,
  appSlug text NOT NULL, userId text NOT NULL, created text NOT NULL, expires text NOT NULL);
CREATE TABLE AppEntries (tokenHash text PRIMARY KEY, userSlug text NOT NULL, appSlug text NOT NULL,
  userId text NOT NULL, sessionHash text NOT NULL, expires text NOT NULL);
CREATE TABLE PageErrors (userSlug text NOT NULL, appSlug text NOT NULL, errorKey text NOT NULL, fsId text NOT NULL,
  message text NOT NULL, file text NOT NULL, line int NOT NULL, count int NOT NULL, first text NOT NULL,
  last text NOT NULL, PRIMARY KEY (userSlug, appSlug, errorKey));
CREATE TABLE Meta (name text PRIMARY KEY, value int NOT NULL);
INSERT INTO Meta VALUES ('revocations', 0);
CREATE TABLE Passkeys (credentialId text PRIMARY KEY, userId text NOT NULL REFERENCES Users (userId),
  name text NOT NULL, publicKey blob NOT NULL, signCount int NOT NULL, created text NOT NULL, used text NOT NULL);
CREATE TABLE Sessions (sessionId text PRIMARY KEY, tokenHash text NOT NULL UNIQUE,
  userId text NOT NULL REFERENCES Users (userId), browser text NOT NULL, created text NOT NULL, used text NOT NULL,
  expires text NOT NULL);

CREATE VIEW NamedAssets (assetId, userId, owned) AS
  SELECT assetId, userId, owned FROM ReleaseAssets
  UNION ALL SELECT assetId, userId, 1 FROM Uploads WHERE assetId <> '';
CREATE VIEW AssetUses (assetId, uses, created) AS
  SELECT assetId, (SELECT count(*) FROM NamedAssets r WHERE r.assetId = a.assetId), created FROM Assets a;
CREATE TRIGGER AssetUses_forgotten INSTEAD OF DELETE ON AssetUses BEGIN SELECT 1; END;
CREATE VIEW UserAssets (assetId, userId, bytes, uses, owned) AS
  SELECT assetId, userId, coalesce((SELECT length(content) FROM Assets a WHERE a.assetId = r.assetId), 0),
    count(*), sum(owned) FROM NamedAssets r GROUP BY assetId, userId;
CREATE VIEW UserUsage (userId, releaseBytes, contexts, sections, chatBytes) AS
  SELECT userId,
    coalesce((SELECT sum(length(CAST(fileSystem AS BLOB)) + length(CAST(env AS BLOB))
      + coalesce(length(CAST(extras AS BLOB)), 0)) FROM Apps a WHERE a.userId = u.userId), 0)
    + coalesce((SELECT sum(bytes) FROM UserAssets a WHERE a.userId = u.userId), 0),
    (SELECT count(*) FROM ChatContexts c WHERE c.userId = u.userId),
    (SELECT count(*) FROM ChatSections JOIN ChatContexts c USING (contextId) WHERE c.userId = u.userId),
    coalesce((SELECT sum(length(CAST(blocks AS BLOB))) FROM ChatSections JOIN ChatContexts c USING (contextId)
      WHERE c.userId = u.userId), 0)
  FROM (SELECT userId FROM Apps UNION SELECT userId FROM ChatContexts UNION SELECT userId FROM Uploads) u;
"""


class MemoryTx:
    """A transaction of a `MemoryDatabase`."""

    def __init__(self, connection: sqlite3.Connection, seconds: float, is_short: bool = False) -> None:
        self._connection = connection
        self._seconds = seconds
        self._is_short = is_short
        self.changes: list[Change] = []

    def tell(self, *changes: Change) -> None:
        self.changes.extend(changes)

    @property
    def now(self) -> str:
        return iso_utc(self._seconds)

    def later(self, seconds: float) -> str:
        return iso_utc(self._seconds + seconds)

    def check_room(self, size: int) -> None:
        if self._is_short:
            raise DiskShort

    def as_text(self, text: str | bytes) -> Value:
        return text if isinstance(text, str) else text.decode()

    def execute(self, sql: str, params: Sequence[Value] = ()) -> list[Row]:
        found = OUTSIDE.search(sql)
        assert found is None, f"not in the common subset: {found.group()!r} of {sql}"
        try:
            return self._connection.execute(sql, params).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname == "SQLITE_READONLY":
                raise Internal("A read tried to write.") from error
            raise


class MemoryChatSearch:
    """Looks through all that was put, letter by letter. What is gone is not found, as its rows are looked for."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, int], Text] = {}

    def put(self, tx: Tx, texts: Sequence[Text]) -> None:
        self._texts |= {(text.context_id, text.seq): text for text in texts}

    def find(self, tx: Tx, user_id: UserId, asked: SearchAsked) -> tuple[Hit, ...]:
        words = [word.lower() for word in asked.words if any(map(str.isalnum, word))]
        hits = []
        for place, text in reversed(list(enumerate(self._texts.values()))):
            rows = tx.execute(
                "SELECT origin, s.created, title, preview FROM ChatSections AS s JOIN ChatContexts USING (contextId)"
                " WHERE contextId = ? AND seq = ? AND userId = ? AND deleted = ''",
                (text.context_id, text.seq, user_id),
            )
            is_here = asked.context_id in ("", text.context_id) and (
                asked.after is None or place < asked.after
            )
            if rows and words and is_here and all(word in text.text.lower() for word in words):
                origin, created, title, preview = rows[0]
                snippet = (Snippet(text.text[:80], hit=True),)
                hits.append(Hit(place, text.context_id, text.seq, origin, created, title or preview, snippet))
        return tuple(hits[: asked.limit])


class MemoryDatabase:
    """Data that lives as long as this object. *is_disk_short*: refuse what clients want to store."""

    points = None

    def __init__(self, limits: Limits, now: Callable[[], float], *, is_disk_short: bool = False) -> None:
        self.limits = limits
        self.is_disk_short = is_disk_short
        self.feed = Feed()
        self.chat_search = MemoryChatSearch()
        self._now = now
        self._is_open = False
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.create_function("lower", 1, str.lower)
        self._connection.executescript(SCHEMA)
        self._connection.execute("PRAGMA foreign_keys = ON")

    def open(self) -> tuple[str, ...]:
        self._is_open = True
        return ()

    def open_for_get(self) -> None:
        raise ConfigError("Data in memory can't be read by another process.")

    def close(self) -> None:
        self._is_open = False

    def __del__(self) -> None:
        self._connection.close()  # not before: what was closed may be opened again, with its data

    def submit(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> Pending[T]:
        return self._run(Pending(lambda tx: fn(tx, *args, **kwargs)))

    def submit_item(self, many: Many[A, T], item: A) -> Pending[T]:
        return self._run(PendingItem(many, item))

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.submit(fn, *args, **kwargs).wait()

    async def write_long(
        self, size_bytes: int, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.write(fn, *args, **kwargs)

    async def read(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        await trio.lowlevel.checkpoint()
        self._check_open()
        self._connection.execute("PRAGMA query_only = ON")
        try:
            return fn(MemoryTx(self._connection, self._now()), *args, **kwargs)
        finally:
            self._connection.execute("PRAGMA query_only = OFF")

    async def get(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.read(fn, *args, **kwargs)

    def _run(self, pending: Pending[Any]) -> Pending[Any]:
        self._check_open()
        deliver_all(settle([pending], self._commit))
        return pending

    def _commit(self, batch: Batch) -> None:
        (pending,) = batch
        self._connection.execute("BEGIN")
        tx = MemoryTx(self._connection, self._now(), self.is_disk_short)
        done = pending.run(tx)
        self._connection.execute("COMMIT" if done else "ROLLBACK")
        if done:
            self.feed.publish(tx.changes)

    def _check_open(self) -> None:
        if not self._is_open:
            raise Overloaded("The database is closed.")

-- An app slug lives inside a user slug: the key of Apps takes userSlug in, which SQLite can do only by
-- making the table anew. Rows keep their order. `extras` (JSON) are our own notes on a release.

CREATE TABLE AppsWide (
  appSlug text NOT NULL,
  userId text NOT NULL,
  userSlug text NOT NULL,
  releaseSeq int NOT NULL,
  fsId text NOT NULL,
  env text NOT NULL,
  fileSystem text NOT NULL,
  mode text NOT NULL,
  created text NOT NULL,
  extras text,
  PRIMARY KEY (appSlug, userId, userSlug, releaseSeq)
);

INSERT INTO AppsWide (appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created)
  SELECT appSlug, userId, userSlug, releaseSeq, fsId, env, fileSystem, mode, created FROM Apps ORDER BY rowid;

DROP TABLE Apps;

ALTER TABLE AppsWide RENAME TO Apps;

CREATE INDEX Apps_fsId ON Apps (fsId, userId);

CREATE INDEX created_idx ON Apps (created);

CREATE INDEX Apps_latest ON Apps (appSlug, userSlug, mode, releaseSeq);

CREATE INDEX Apps_release ON Apps (appSlug, userSlug, fsId);

CREATE INDEX Apps_userId ON Apps (userId, mode, created, releaseSeq);

-- The reference leaves some releases without a binding. Those under somebody else's user slug get none.
INSERT INTO AppSlugBindings (userSlug, appSlug, created)
  SELECT userSlug, appSlug, min(created) FROM Apps
  WHERE userId = (SELECT userId FROM UserSlugBindings AS b WHERE b.userSlug = Apps.userSlug)
  GROUP BY userSlug, appSlug
  ON CONFLICT DO NOTHING;

-- The highest releaseSeq ever used, so that an evicted release's number is never given again.
ALTER TABLE AppSlugBindings ADD COLUMN lastReleaseSeq int NOT NULL DEFAULT 0;

UPDATE AppSlugBindings SET lastReleaseSeq = coalesce(
  (SELECT max(releaseSeq) FROM Apps
   WHERE Apps.appSlug = AppSlugBindings.appSlug AND Apps.userSlug = AppSlugBindings.userSlug),
  0
);

CREATE INDEX AppSlugBindings_userSlug ON AppSlugBindings (userSlug);

CREATE INDEX UserSlugBindings_userId ON UserSlugBindings (userId);

-- Carries the time because the table's rows hold it behind the content: a sweep would read all bytes.
CREATE INDEX Assets_created ON Assets (created, assetId);

-- The tables of the reference, as it makes them; so its file opens here. Source: schema-and-settings.md

CREATE TABLE IF NOT EXISTS Assets (
  assetId text PRIMARY KEY NOT NULL,
  content blob NOT NULL,
  created text NOT NULL
);

CREATE TABLE IF NOT EXISTS UserSlugBindings (
  userId text NOT NULL,
  userSlug text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (userSlug, userId)
);

CREATE UNIQUE INDEX IF NOT EXISTS UserSlug_userSlug ON UserSlugBindings (userSlug);

CREATE TABLE IF NOT EXISTS AppSlugBindings (
  userSlug text NOT NULL REFERENCES UserSlugBindings (userSlug),
  appSlug text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (appSlug, userSlug)
);

CREATE TABLE IF NOT EXISTS Apps (
  appSlug text NOT NULL,
  userId text NOT NULL,
  userSlug text NOT NULL,
  releaseSeq int NOT NULL,
  fsId text NOT NULL,
  env text NOT NULL,
  fileSystem text NOT NULL,
  mode text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (appSlug, userId, releaseSeq)
);

CREATE INDEX IF NOT EXISTS Apps_fsId ON Apps (fsId, userId);

CREATE INDEX IF NOT EXISTS created_idx ON Apps (created);

CREATE TABLE IF NOT EXISTS ChatContexts (
  contextId text PRIMARY KEY NOT NULL,
  userId text NOT NULL,
  created text NOT NULL
);

CREATE TABLE IF NOT EXISTS ChatSections (
  contextId text NOT NULL REFERENCES ChatContexts (contextId),
  seq int NOT NULL,
  origin text NOT NULL,
  blocks text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (seq, contextId)
);

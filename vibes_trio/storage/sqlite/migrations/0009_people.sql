-- What people set for themselves; what they deleted and may have back; names that apps had; whom they let in.
-- Times are ISO. Of links that let somebody in only a hash is kept.

CREATE TABLE UserSettings (
  userId text PRIMARY KEY NOT NULL,
  settings text NOT NULL,
  created text NOT NULL,
  updated text NOT NULL
);

CREATE TABLE Deletions (
  deletionId text PRIMARY KEY NOT NULL,
  userId text NOT NULL,
  kind text NOT NULL,
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  fsId text NOT NULL,
  releases int NOT NULL,
  bytes int NOT NULL,
  created text NOT NULL,
  expires text NOT NULL
);

CREATE INDEX Deletions_userId ON Deletions (userId, created, deletionId);

CREATE INDEX Deletions_expires ON Deletions (expires);

CREATE INDEX UserSlugBindings_created ON UserSlugBindings (userId, deletion, created, userSlug);

CREATE INDEX UserSlugBindings_deletion ON UserSlugBindings (deletion) WHERE deletion <> '';

CREATE INDEX AppSlugBindings_deletion ON AppSlugBindings (deletion) WHERE deletion <> '';

CREATE TABLE Renames (
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  newAppSlug text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (userSlug, appSlug)
);

CREATE INDEX Renames_newAppSlug ON Renames (userSlug, newAppSlug);

CREATE TABLE AppInvites (
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  emailKey text NOT NULL,
  givenEmail text NOT NULL,
  tokenHash text NOT NULL,
  role text NOT NULL,
  state text NOT NULL,
  grantUserId text NOT NULL DEFAULT '',
  created text NOT NULL,
  updated text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, emailKey)
);

CREATE UNIQUE INDEX AppInvites_tokenHash ON AppInvites (tokenHash);

CREATE INDEX AppInvites_grantUserId ON AppInvites (grantUserId, userSlug, appSlug) WHERE grantUserId <> '';

CREATE INDEX AppInvites_created ON AppInvites (userSlug, appSlug, created, emailKey);

CREATE TABLE AccessRequests (
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  userId text NOT NULL,
  email text NOT NULL,
  state text NOT NULL,
  role text NOT NULL,
  created text NOT NULL,
  updated text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, userId)
);

CREATE INDEX AccessRequests_created ON AccessRequests (userSlug, appSlug, created, userId);

CREATE INDEX AccessRequests_userId ON AccessRequests (userId, userSlug, appSlug);

-- An app that gets another name takes its releases along, and these what they name.
CREATE TRIGGER Apps_renamed AFTER UPDATE OF appSlug ON Apps WHEN new.appSlug <> old.appSlug BEGIN
  UPDATE ReleaseAssets SET appSlug = new.appSlug
    WHERE appSlug = old.appSlug AND userId = old.userId AND userSlug = old.userSlug AND releaseSeq = old.releaseSeq;
END;

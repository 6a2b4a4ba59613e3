-- What lets a browser into a private app in the page round it. Of each only a hash is kept.

CREATE TABLE AppEntries (
  tokenHash text PRIMARY KEY NOT NULL,
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  userId text NOT NULL,
  sessionHash text NOT NULL,
  expires text NOT NULL
);

CREATE INDEX AppEntries_user ON AppEntries (userId, expires);

CREATE INDEX AppEntries_app ON AppEntries (userSlug, appSlug);

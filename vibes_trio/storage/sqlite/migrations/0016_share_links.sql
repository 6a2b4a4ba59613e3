-- Links that let a browser see a private app, as long as who made them may see it. Of each only a hash is kept.

CREATE TABLE ShareLinks (
  linkId text PRIMARY KEY NOT NULL,
  tokenHash text NOT NULL,
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  userId text NOT NULL,
  created text NOT NULL,
  expires text NOT NULL
);

CREATE UNIQUE INDEX ShareLinks_tokenHash ON ShareLinks (tokenHash);

CREATE INDEX ShareLinks_app ON ShareLinks (userSlug, appSlug, created, linkId);

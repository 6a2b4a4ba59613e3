-- Browsers that are signed in. Of what each shows only a hash is kept.

CREATE TABLE Sessions (
  sessionId text PRIMARY KEY NOT NULL,
  tokenHash text NOT NULL,
  userId text NOT NULL REFERENCES Users (userId),
  browser text NOT NULL,
  created text NOT NULL,
  used text NOT NULL,
  expires text NOT NULL
);

CREATE UNIQUE INDEX Sessions_tokenHash ON Sessions (tokenHash);

CREATE INDEX Sessions_userId ON Sessions (userId, created, sessionId);

CREATE INDEX Sessions_expires ON Sessions (expires);

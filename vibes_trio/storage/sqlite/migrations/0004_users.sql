-- Users, invitations and device certificates of a server that needs no outside service. Source: auth.md, 5 and 9

CREATE TABLE Users (
  userId text PRIMARY KEY NOT NULL,
  name text NOT NULL UNIQUE,
  email text NOT NULL,
  created text NOT NULL
);

CREATE TABLE Invites (
  codeHash text PRIMARY KEY NOT NULL,
  userId text NOT NULL REFERENCES Users (userId),
  created text NOT NULL,
  expires text NOT NULL,
  used text
);

CREATE TABLE Certificates (
  serial text PRIMARY KEY NOT NULL,
  userId text NOT NULL,
  fingerprint text NOT NULL,
  sha256 text NOT NULL,
  issued text NOT NULL,
  expires text NOT NULL,
  revoked text
);

CREATE INDEX Certificates_userId ON Certificates (userId, issued);

CREATE INDEX Certificates_sha256 ON Certificates (sha256);

CREATE INDEX Certificates_revoked ON Certificates (revoked) WHERE revoked IS NOT NULL;

-- Counters that a running server watches, because another process may have changed what they count.
CREATE TABLE Meta (
  name text PRIMARY KEY NOT NULL,
  value int NOT NULL
);

INSERT INTO Meta (name, value) VALUES ('revocations', 0);

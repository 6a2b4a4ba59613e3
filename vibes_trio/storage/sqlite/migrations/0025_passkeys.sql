-- Passkeys, with which browsers are signed in.

CREATE TABLE Passkeys (
  credentialId text PRIMARY KEY NOT NULL,
  userId text NOT NULL REFERENCES Users (userId),
  name text NOT NULL,
  publicKey blob NOT NULL,
  signCount int NOT NULL,
  created text NOT NULL,
  used text NOT NULL
);

CREATE INDEX Passkeys_userId ON Passkeys (userId, created, credentialId);

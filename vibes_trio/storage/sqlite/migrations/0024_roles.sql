-- Who runs the server, and whom they invite. The first user is an operator.

ALTER TABLE Users ADD COLUMN role text NOT NULL DEFAULT 'user';

UPDATE Users SET role = 'operator'
  WHERE userId = (SELECT userId FROM Users ORDER BY created, userId LIMIT 1);

CREATE TABLE UserInvites (
  inviteId text PRIMARY KEY NOT NULL,
  codeHash text NOT NULL,
  name text NOT NULL,
  email text NOT NULL,
  role text NOT NULL,
  createdBy text NOT NULL,
  created text NOT NULL,
  expires text NOT NULL
);

CREATE UNIQUE INDEX UserInvites_codeHash ON UserInvites (codeHash);

CREATE INDEX UserInvites_created ON UserInvites (created, inviteId);

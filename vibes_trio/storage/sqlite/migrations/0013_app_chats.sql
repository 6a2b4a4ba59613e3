-- Chats of apps: of how one is made (`codegen`, one a user and app), and those that visitors have in it (`runtime`, `img`);
-- and their turns: what a prompt came to. A turn's sections begin at `firstSeq`.

CREATE TABLE AppChats (
  contextId text PRIMARY KEY NOT NULL,
  userId text NOT NULL,
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  mode text NOT NULL,
  kind text NOT NULL,
  created text NOT NULL
) WITHOUT ROWID;

CREATE INDEX AppChats_mine ON AppChats (userId, kind, created, contextId);

CREATE INDEX AppChats_mine_of_app ON AppChats (userId, kind, userSlug, appSlug, created, contextId);

CREATE INDEX AppChats_of_app ON AppChats (userSlug, appSlug, kind, created, contextId);

CREATE TABLE ChatTurns (
  contextId text NOT NULL,
  promptId text NOT NULL,
  firstSeq int NOT NULL,
  prompt text NOT NULL,
  fsId text NOT NULL,
  created text NOT NULL,
  PRIMARY KEY (contextId, promptId)
) WITHOUT ROWID;

CREATE INDEX ChatTurns_order ON ChatTurns (contextId, firstSeq);

CREATE TRIGGER AppChats_of_gone AFTER DELETE ON ChatContexts BEGIN
  DELETE FROM AppChats WHERE contextId = old.contextId;
  DELETE FROM ChatTurns WHERE contextId = old.contextId;
END;

CREATE TRIGGER AppChats_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppChats WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

CREATE TRIGGER AppChats_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE AppChats SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

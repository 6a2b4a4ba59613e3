-- What happened to apps, numbered app by app: the last entries of each (`storage/app_log.py`). They follow their app, and
-- go with it.

CREATE TABLE AppLog (
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  number int NOT NULL,
  created text NOT NULL,
  kind text NOT NULL,
  byUserId text NOT NULL,
  fsId text NOT NULL,
  releaseSeq int NOT NULL,
  mode text NOT NULL,
  code text NOT NULL,
  words text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, number)
) WITHOUT ROWID;

CREATE TRIGGER AppLog_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppLog WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

CREATE TRIGGER AppLog_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings
  WHEN new.appSlug <> old.appSlug OR new.userSlug <> old.userSlug BEGIN
  UPDATE AppLog SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

-- Secrets of apps, sealed with a key that is not in here. They follow their app, and go with it.

CREATE TABLE AppSecrets (
  appSlug text NOT NULL,
  userSlug text NOT NULL,
  name text NOT NULL,
  sealed blob NOT NULL,
  last4 text NOT NULL,
  updated text NOT NULL,
  setBy text NOT NULL,
  PRIMARY KEY (appSlug, userSlug, name)
) WITHOUT ROWID;

CREATE TRIGGER AppSecrets_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM AppSecrets WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

CREATE TRIGGER AppSecrets_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE AppSecrets SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

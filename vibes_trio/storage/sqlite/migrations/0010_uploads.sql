-- Files that came by upload, each for an app, and uploads that are under way, whose `assetId` is empty. One that is whole
-- counts as if a release named it; it goes with its app.

CREATE TABLE Uploads (
  uploadId text PRIMARY KEY NOT NULL,
  userId text NOT NULL,
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  grantHash text NOT NULL,
  mimeType text NOT NULL,
  created text NOT NULL,
  expires text NOT NULL,
  assetId text NOT NULL,
  size int NOT NULL
) WITHOUT ROWID;

CREATE INDEX Uploads_userId ON Uploads (userId, assetId, expires, size);

CREATE INDEX Uploads_app ON Uploads (appSlug, userSlug);

CREATE INDEX Uploads_open ON Uploads (expires) WHERE assetId = '';

CREATE TABLE UploadParts (
  uploadId text NOT NULL REFERENCES Uploads (uploadId),
  start int NOT NULL,
  content blob NOT NULL,
  PRIMARY KEY (uploadId, start)
);

CREATE TRIGGER Uploads_whole AFTER UPDATE OF assetId ON Uploads WHEN old.assetId = '' AND new.assetId <> '' BEGIN
  INSERT INTO UserUsage (userId) VALUES (new.userId) ON CONFLICT (userId) DO NOTHING;
  INSERT INTO AssetUses VALUES (new.assetId, 1, '') ON CONFLICT (assetId) DO UPDATE SET uses = uses + 1;
  INSERT INTO UserAssets VALUES (
    new.assetId, new.userId, coalesce((SELECT length(content) FROM Assets WHERE assetId = new.assetId), 0), 1, 1
  ) ON CONFLICT (assetId, userId) DO UPDATE SET uses = uses + 1, owned = owned + 1;
END;

CREATE TRIGGER Uploads_deleted AFTER DELETE ON Uploads WHEN old.assetId <> '' BEGIN
  UPDATE AssetUses SET uses = uses - 1 WHERE assetId = old.assetId;
  UPDATE UserAssets SET uses = uses - 1, owned = owned - 1 WHERE assetId = old.assetId AND userId = old.userId;
END;

CREATE TRIGGER Uploads_of_deleted AFTER DELETE ON AppSlugBindings BEGIN
  DELETE FROM UploadParts WHERE uploadId IN
    (SELECT uploadId FROM Uploads WHERE appSlug = old.appSlug AND userSlug = old.userSlug);
  DELETE FROM Uploads WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

CREATE TRIGGER Uploads_of_renamed AFTER UPDATE OF appSlug, userSlug ON AppSlugBindings BEGIN
  UPDATE Uploads SET appSlug = new.appSlug, userSlug = new.userSlug
    WHERE appSlug = old.appSlug AND userSlug = old.userSlug;
END;

-- Which assets each release names, written with it: so nothing reads manifests any more to find out. `owned`: as the id
-- of a file's content, which gives the right to refer to it. AssetUses and UserAssets count these rows from here on.

DROP TRIGGER Apps_inserted;

DROP TRIGGER Apps_deleted;

DROP TRIGGER Apps_updated;

DROP TRIGGER Apps_charged;

DROP TRIGGER Apps_uncharged;

DROP TRIGGER Apps_recharged;

CREATE TABLE ReleaseAssets (
  appSlug text NOT NULL,
  userId text NOT NULL,
  userSlug text NOT NULL,
  releaseSeq int NOT NULL,
  assetId text NOT NULL,
  owned int NOT NULL,
  PRIMARY KEY (appSlug, userId, userSlug, releaseSeq, assetId)
) WITHOUT ROWID;

-- As migrations 5 and 6 have counted them.
INSERT INTO ReleaseAssets
  SELECT appSlug, userId, userSlug, releaseSeq, member.atom,
    max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId'))
  FROM Apps, json_tree(json_array(
    json(iif(json_valid(fileSystem), fileSystem, '[]')), json(iif(json_valid(extras), extras, '{}'))
  )) AS member
  WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
  GROUP BY Apps.rowid, member.atom;

CREATE TRIGGER ReleaseAssets_inserted AFTER INSERT ON ReleaseAssets BEGIN
  INSERT INTO AssetUses VALUES (new.assetId, 1, '') ON CONFLICT (assetId) DO UPDATE SET uses = uses + 1;
  INSERT INTO UserAssets VALUES (
    new.assetId, new.userId, coalesce((SELECT length(content) FROM Assets WHERE assetId = new.assetId), 0), 1, new.owned
  ) ON CONFLICT (assetId, userId) DO UPDATE SET uses = uses + 1, owned = owned + excluded.owned;
END;

CREATE TRIGGER ReleaseAssets_deleted AFTER DELETE ON ReleaseAssets BEGIN
  UPDATE AssetUses SET uses = uses - 1 WHERE assetId = old.assetId;
  UPDATE UserAssets SET uses = uses - 1, owned = owned - old.owned
    WHERE assetId = old.assetId AND userId = old.userId;
END;

CREATE TRIGGER Apps_renumbered AFTER UPDATE OF releaseSeq ON Apps WHEN new.releaseSeq <> old.releaseSeq BEGIN
  UPDATE ReleaseAssets SET releaseSeq = new.releaseSeq
    WHERE appSlug = old.appSlug AND userId = old.userId AND userSlug = old.userSlug AND releaseSeq = old.releaseSeq;
END;

CREATE TRIGGER Apps_charged AFTER INSERT ON Apps BEGIN
  INSERT INTO UserUsage (userId, releaseBytes)
    VALUES (new.userId, length(CAST(new.fileSystem AS BLOB)) + length(CAST(new.env AS BLOB)) + coalesce(length(CAST(new.extras AS BLOB)), 0))
    ON CONFLICT (userId) DO UPDATE SET releaseBytes = releaseBytes + excluded.releaseBytes;
END;

CREATE TRIGGER Apps_uncharged AFTER DELETE ON Apps BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes
    - length(CAST(old.fileSystem AS BLOB)) - length(CAST(old.env AS BLOB)) - coalesce(length(CAST(old.extras AS BLOB)), 0)
    WHERE userId = old.userId;
  DELETE FROM ReleaseAssets
    WHERE appSlug = old.appSlug AND userId = old.userId AND userSlug = old.userSlug AND releaseSeq = old.releaseSeq;
END;

CREATE TRIGGER Apps_recharged AFTER UPDATE OF fileSystem, extras, env ON Apps BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes
    + length(CAST(new.fileSystem AS BLOB)) + length(CAST(new.env AS BLOB)) + coalesce(length(CAST(new.extras AS BLOB)), 0)
    - length(CAST(old.fileSystem AS BLOB)) - length(CAST(old.env AS BLOB)) - coalesce(length(CAST(old.extras AS BLOB)), 0)
    WHERE userId = new.userId;
END;

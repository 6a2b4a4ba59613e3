-- What each user keeps here, counted by triggers whatever writes, in the transaction that changes it.
--
-- releaseBytes: the manifests of the user's releases (file system, env, our notes), and each asset that any of them
--   names, in full and once for the user, however many releases name it and whoever else has it: what a user counts
--   for never depends on others, and tells nothing about them.
-- contexts, sections, chatBytes: chats, and the bytes of their blocks.

CREATE TABLE UserUsage (
  userId text PRIMARY KEY NOT NULL,
  releaseBytes int NOT NULL DEFAULT 0,
  contexts int NOT NULL DEFAULT 0,
  sections int NOT NULL DEFAULT 0,
  chatBytes int NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Which assets a user's releases name, as AssetUses counts them. `uses`: in how many releases; `owned`: in how many as
-- the id of a file's content, which gives the right to refer to it. `bytes`: 0 while there is no such asset.
CREATE TABLE UserAssets (
  assetId text NOT NULL,
  userId text NOT NULL,
  bytes int NOT NULL,
  uses int NOT NULL,
  owned int NOT NULL,
  PRIMARY KEY (assetId, userId)
) WITHOUT ROWID;

INSERT INTO UserAssets
  SELECT id, userId, coalesce((SELECT length(content) FROM Assets WHERE assetId = id), 0), count(*), sum(isOwned) FROM (
    SELECT Apps.rowid AS release, userId, member.atom AS id,
      max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId')) AS isOwned
    FROM Apps, json_tree(json_array(
      json(iif(json_valid(fileSystem), fileSystem, '[]')), json(iif(json_valid(extras), extras, '{}'))
    )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
    GROUP BY Apps.rowid, member.atom
  ) GROUP BY id, userId;

INSERT INTO UserUsage (userId, releaseBytes)
  SELECT userId, sum(bytes) FROM (
    SELECT userId, bytes FROM UserAssets
    UNION ALL
    SELECT userId, length(CAST(fileSystem AS BLOB)) + length(CAST(env AS BLOB)) + coalesce(length(CAST(extras AS BLOB)), 0)
    FROM Apps
  ) GROUP BY userId;

INSERT INTO UserUsage (userId, contexts)
  SELECT userId, count(*) FROM ChatContexts WHERE true GROUP BY userId
  ON CONFLICT (userId) DO UPDATE SET contexts = excluded.contexts;

INSERT INTO UserUsage (userId, sections, chatBytes)
  SELECT userId, count(*), sum(length(CAST(blocks AS BLOB))) FROM ChatSections JOIN ChatContexts USING (contextId)
  WHERE true GROUP BY userId
  ON CONFLICT (userId) DO UPDATE SET sections = excluded.sections, chatBytes = excluded.chatBytes;

CREATE TRIGGER UserAssets_inserted AFTER INSERT ON UserAssets BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes + new.bytes WHERE userId = new.userId;
END;

CREATE TRIGGER UserAssets_measured AFTER UPDATE OF bytes ON UserAssets WHEN new.bytes <> old.bytes BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes + new.bytes - old.bytes WHERE userId = new.userId;
END;

CREATE TRIGGER UserAssets_unused AFTER UPDATE OF uses ON UserAssets WHEN new.uses = 0 BEGIN
  DELETE FROM UserAssets WHERE assetId = new.assetId AND userId = new.userId;
END;

CREATE TRIGGER UserAssets_deleted AFTER DELETE ON UserAssets BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes - old.bytes WHERE userId = old.userId;
END;

CREATE TRIGGER Assets_measured AFTER INSERT ON Assets BEGIN
  UPDATE UserAssets SET bytes = length(new.content) WHERE assetId = new.assetId;
END;

CREATE TRIGGER Assets_gone AFTER DELETE ON Assets BEGIN
  UPDATE UserAssets SET bytes = 0 WHERE assetId = old.assetId;
END;

CREATE TRIGGER Apps_charged AFTER INSERT ON Apps BEGIN
  INSERT INTO UserUsage (userId, releaseBytes)
    VALUES (new.userId, length(CAST(new.fileSystem AS BLOB)) + length(CAST(new.env AS BLOB)) + coalesce(length(CAST(new.extras AS BLOB)), 0))
    ON CONFLICT (userId) DO UPDATE SET releaseBytes = releaseBytes + excluded.releaseBytes;
  INSERT INTO UserAssets
    SELECT id, new.userId, coalesce((SELECT length(content) FROM Assets WHERE assetId = id), 0), 1, isOwned FROM (
      SELECT member.atom AS id,
        max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId')) AS isOwned
      FROM json_tree(json_array(
        json(iif(json_valid(new.fileSystem), new.fileSystem, '[]')), json(iif(json_valid(new.extras), new.extras, '{}'))
      )) AS member
      WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
      GROUP BY member.atom
    ) WHERE true
    ON CONFLICT (assetId, userId) DO UPDATE SET uses = uses + 1, owned = owned + excluded.owned;
END;

CREATE TRIGGER Apps_uncharged AFTER DELETE ON Apps BEGIN
  UPDATE UserUsage SET releaseBytes = releaseBytes
    - length(CAST(old.fileSystem AS BLOB)) - length(CAST(old.env AS BLOB)) - coalesce(length(CAST(old.extras AS BLOB)), 0)
    WHERE userId = old.userId;
  UPDATE UserAssets SET uses = uses - 1, owned = owned - gone.isOwned
    FROM (
      SELECT member.atom AS id,
        max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId')) AS isOwned
      FROM json_tree(json_array(
        json(iif(json_valid(old.fileSystem), old.fileSystem, '[]')), json(iif(json_valid(old.extras), old.extras, '{}'))
      )) AS member
      WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
      GROUP BY member.atom
    ) AS gone
    WHERE UserAssets.assetId = gone.id AND UserAssets.userId = old.userId;
END;

CREATE TRIGGER Apps_recharged AFTER UPDATE OF fileSystem, extras, env, userId ON Apps BEGIN
  INSERT INTO UserUsage (userId, releaseBytes)
    VALUES (new.userId, length(CAST(new.fileSystem AS BLOB)) + length(CAST(new.env AS BLOB)) + coalesce(length(CAST(new.extras AS BLOB)), 0))
    ON CONFLICT (userId) DO UPDATE SET releaseBytes = releaseBytes + excluded.releaseBytes;
  INSERT INTO UserAssets
    SELECT id, new.userId, coalesce((SELECT length(content) FROM Assets WHERE assetId = id), 0), 1, isOwned FROM (
      SELECT member.atom AS id,
        max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId')) AS isOwned
      FROM json_tree(json_array(
        json(iif(json_valid(new.fileSystem), new.fileSystem, '[]')), json(iif(json_valid(new.extras), new.extras, '{}'))
      )) AS member
      WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
      GROUP BY member.atom
    ) WHERE true
    ON CONFLICT (assetId, userId) DO UPDATE SET uses = uses + 1, owned = owned + excluded.owned;
  UPDATE UserUsage SET releaseBytes = releaseBytes
    - length(CAST(old.fileSystem AS BLOB)) - length(CAST(old.env AS BLOB)) - coalesce(length(CAST(old.extras AS BLOB)), 0)
    WHERE userId = old.userId;
  UPDATE UserAssets SET uses = uses - 1, owned = owned - gone.isOwned
    FROM (
      SELECT member.atom AS id,
        max(substr(member.path, 1, 4) = '$[0]' AND member.key IN ('assetId', 'transformedAssetId', 'importMapAssetId')) AS isOwned
      FROM json_tree(json_array(
        json(iif(json_valid(old.fileSystem), old.fileSystem, '[]')), json(iif(json_valid(old.extras), old.extras, '{}'))
      )) AS member
      WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
      GROUP BY member.atom
    ) AS gone
    WHERE UserAssets.assetId = gone.id AND UserAssets.userId = old.userId;
END;

CREATE TRIGGER ChatContexts_counted AFTER INSERT ON ChatContexts BEGIN
  INSERT INTO UserUsage (userId, contexts) VALUES (new.userId, 1)
    ON CONFLICT (userId) DO UPDATE SET contexts = contexts + 1;
END;

CREATE TRIGGER ChatContexts_uncounted AFTER DELETE ON ChatContexts BEGIN
  UPDATE UserUsage SET contexts = contexts - 1 WHERE userId = old.userId;
END;

CREATE TRIGGER ChatSections_counted AFTER INSERT ON ChatSections BEGIN
  UPDATE UserUsage SET sections = sections + 1, chatBytes = chatBytes + length(CAST(new.blocks AS BLOB))
    WHERE userId = (SELECT userId FROM ChatContexts WHERE contextId = new.contextId);
END;

CREATE TRIGGER ChatSections_uncounted AFTER DELETE ON ChatSections BEGIN
  UPDATE UserUsage SET sections = sections - 1, chatBytes = chatBytes - length(CAST(old.blocks AS BLOB))
    WHERE userId = (SELECT userId FROM ChatContexts WHERE contextId = old.contextId);
END;

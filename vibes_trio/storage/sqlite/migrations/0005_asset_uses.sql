-- How many releases name each asset, kept by triggers whatever writes: so a sweep finds what nothing names without
-- reading any manifest. Each text in a manifest that reads like an asset's id counts, once a release: a kind of
-- reference that is added later must not lose its bytes. `created` is the asset's; empty: there is none of that id.

CREATE TABLE AssetUses (
  assetId text PRIMARY KEY NOT NULL,
  uses int NOT NULL,
  created text NOT NULL
) WITHOUT ROWID;

INSERT INTO AssetUses SELECT assetId, 0, created FROM Assets;

INSERT INTO AssetUses
  SELECT id, count(*), '' FROM (
    SELECT DISTINCT Apps.rowid AS release, member.atom AS id FROM Apps,
      json_tree(json_array(
        json(iif(json_valid(fileSystem), fileSystem, '[]')), json(iif(json_valid(extras), extras, '{}'))
      )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
  ) WHERE true GROUP BY id
  ON CONFLICT (assetId) DO UPDATE SET uses = excluded.uses;

CREATE INDEX AssetUses_idle ON AssetUses (created) WHERE uses = 0;

CREATE TRIGGER Assets_inserted AFTER INSERT ON Assets BEGIN
  INSERT INTO AssetUses VALUES (new.assetId, 0, new.created)
    ON CONFLICT (assetId) DO UPDATE SET created = excluded.created;
END;

CREATE TRIGGER Assets_deleted AFTER DELETE ON Assets BEGIN
  DELETE FROM AssetUses WHERE assetId = old.assetId AND uses = 0;
END;

CREATE TRIGGER Apps_inserted AFTER INSERT ON Apps BEGIN
  INSERT INTO AssetUses
    SELECT DISTINCT member.atom, 1, '' FROM json_tree(json_array(
      json(iif(json_valid(new.fileSystem), new.fileSystem, '[]')),
      json(iif(json_valid(new.extras), new.extras, '{}'))
    )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
    ON CONFLICT (assetId) DO UPDATE SET uses = uses + 1;
END;

CREATE TRIGGER Apps_deleted AFTER DELETE ON Apps BEGIN
  UPDATE AssetUses SET uses = uses - 1 WHERE assetId IN (
    SELECT member.atom FROM json_tree(json_array(
      json(iif(json_valid(old.fileSystem), old.fileSystem, '[]')),
      json(iif(json_valid(old.extras), old.extras, '{}'))
    )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
  );
END;

CREATE TRIGGER Apps_updated AFTER UPDATE OF fileSystem, extras ON Apps BEGIN
  INSERT INTO AssetUses
    SELECT DISTINCT member.atom, 1, '' FROM json_tree(json_array(
      json(iif(json_valid(new.fileSystem), new.fileSystem, '[]')),
      json(iif(json_valid(new.extras), new.extras, '{}'))
    )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
    ON CONFLICT (assetId) DO UPDATE SET uses = uses + 1;
  UPDATE AssetUses SET uses = uses - 1 WHERE assetId IN (
    SELECT member.atom FROM json_tree(json_array(
      json(iif(json_valid(old.fileSystem), old.fileSystem, '[]')),
      json(iif(json_valid(old.extras), old.extras, '{}'))
    )) AS member
    WHERE member.type = 'text' AND length(member.atom) <= 128 AND member.atom GLOB 'z*' AND member.atom NOT GLOB '*[^A-Za-z0-9]*'
  );
END;

-- The youngest live releases, without passing over all that are not live.
CREATE INDEX Apps_production ON Apps (created) WHERE mode = 'production';

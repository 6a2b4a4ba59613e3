-- What is known of an app beside its releases, and what a release was deployed for and by whom. `deletion`: the id of the
-- deletion in which something waits to be gone for good; empty: it is there. Times are ISO; empty: never.

ALTER TABLE UserSlugBindings ADD COLUMN deletion text NOT NULL DEFAULT '';

-- The owner of the user slug, so that a user's apps lie together in an index.
ALTER TABLE AppSlugBindings ADD COLUMN userId text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN updated text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN pinned text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN unpublished text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN visibility text NOT NULL DEFAULT 'public';

ALTER TABLE AppSlugBindings ADD COLUMN title text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN icon text NOT NULL DEFAULT '';

ALTER TABLE AppSlugBindings ADD COLUMN settings text NOT NULL DEFAULT '{}';

ALTER TABLE AppSlugBindings ADD COLUMN deletion text NOT NULL DEFAULT '';

UPDATE AppSlugBindings SET
  userId = coalesce((SELECT userId FROM UserSlugBindings AS b WHERE b.userSlug = AppSlugBindings.userSlug), ''),
  updated = coalesce(
    (SELECT max(created) FROM Apps WHERE Apps.appSlug = AppSlugBindings.appSlug AND Apps.userSlug = AppSlugBindings.userSlug),
    created
  );

CREATE INDEX AppSlugBindings_recent ON AppSlugBindings (userId, deletion, pinned, updated, userSlug, appSlug, title);

CREATE INDEX AppSlugBindings_name ON AppSlugBindings (userId, deletion, appSlug, userSlug, title);

ALTER TABLE Apps ADD COLUMN deletion text NOT NULL DEFAULT '';

ALTER TABLE Apps ADD COLUMN runId text NOT NULL DEFAULT '';

ALTER TABLE Apps ADD COLUMN message text NOT NULL DEFAULT '';

ALTER TABLE Apps ADD COLUMN deployedBy text NOT NULL DEFAULT '';

ALTER TABLE Apps ADD COLUMN sizeBytes int NOT NULL DEFAULT 0;

UPDATE Apps SET deployedBy = userId, sizeBytes = coalesce(
  (SELECT sum(CASE type WHEN 'object' THEN json_extract(value, '$.size') END)
    FROM json_each(iif(json_valid(fileSystem), fileSystem, '[]'))),
  0
);

DROP INDEX Apps_latest;

CREATE INDEX Apps_latest ON Apps (appSlug, userSlug, deletion, mode, releaseSeq);

-- Has all that a list of versions tells: manifests, which lie between, are long.
CREATE INDEX Apps_versions ON Apps
  (appSlug, userSlug, userId, deletion, releaseSeq, mode, fsId, created, sizeBytes, message, deployedBy);

CREATE INDEX Apps_run ON Apps (appSlug, userSlug, runId) WHERE runId <> '';

CREATE INDEX Apps_deleted ON Apps (userId, deletion) WHERE deletion <> '';

-- What is known of a chat beside its sections. `updated` and `preview` follow the sections, some seconds later
-- (`storage/chat_index.py`); `indexed`: the sections before it are looked through. Times are ISO; empty: never.
-- A deleted chat waits to be gone for good.

ALTER TABLE ChatContexts ADD COLUMN updated text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN title text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN preview text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN appSlug text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN userSlug text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN deleted text NOT NULL DEFAULT '';

ALTER TABLE ChatContexts ADD COLUMN indexed int NOT NULL DEFAULT 0;

UPDATE ChatContexts SET updated = created;

CREATE INDEX ChatContexts_recent ON ChatContexts (userId, updated, contextId) WHERE deleted = '';

CREATE INDEX ChatContexts_created ON ChatContexts (userId, created, contextId) WHERE deleted = '';

CREATE INDEX ChatContexts_title ON ChatContexts (userId, title, contextId) WHERE deleted = '';

CREATE INDEX ChatContexts_app ON ChatContexts (userId, appSlug, userSlug, updated, contextId)
  WHERE deleted = '' AND appSlug <> '';

CREATE INDEX ChatContexts_deleted ON ChatContexts (deleted, contextId) WHERE deleted <> '';

CREATE INDEX ChatContexts_bin ON ChatContexts (userId, deleted, contextId) WHERE deleted <> '';

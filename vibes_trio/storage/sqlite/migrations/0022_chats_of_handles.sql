-- Chats of all apps of a handle, in the order of their lists.

CREATE INDEX ChatContexts_handle ON ChatContexts (userId, userSlug, updated, contextId)
  WHERE deleted = '' AND appSlug <> '';

CREATE INDEX AppChats_mine_of_handle ON AppChats (userId, kind, userSlug, created, contextId);

CREATE INDEX AppChats_of_handle ON AppChats (userSlug, kind, created, contextId);

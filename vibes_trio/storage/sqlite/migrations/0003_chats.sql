-- The reference's key starts with seq, so it can't find a context's last section.

CREATE INDEX ChatSections_contextId ON ChatSections (contextId, seq DESC);

CREATE INDEX ChatContexts_userId ON ChatContexts (userId, created);

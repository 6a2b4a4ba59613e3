-- Chats follow an app that gets another name, whosever they are.

CREATE INDEX ChatContexts_named ON ChatContexts (appSlug, userSlug) WHERE appSlug <> '';

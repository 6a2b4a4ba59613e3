-- The text of chats, for search (`storage/sqlite/chat_search.py`): a row a section, under the number of its chat and its
-- `seq`. `owner` is a word that stands for the user, so that others' words are passed over.

CREATE TABLE ChatNumbers (number INTEGER PRIMARY KEY AUTOINCREMENT, contextId text NOT NULL UNIQUE);

INSERT INTO ChatNumbers (contextId) SELECT contextId FROM ChatContexts ORDER BY created, contextId;

CREATE TRIGGER ChatContexts_numbered AFTER INSERT ON ChatContexts BEGIN
  INSERT INTO ChatNumbers (contextId) VALUES (new.contextId);
END;

CREATE VIRTUAL TABLE ChatText USING fts5 (owner, words, tokenize = "unicode61 remove_diacritics 2");

CREATE TRIGGER ChatSections_forgotten AFTER DELETE ON ChatSections BEGIN
  DELETE FROM ChatText
    WHERE rowid = (SELECT number FROM ChatNumbers WHERE contextId = old.contextId) * 1073741824 + old.seq;
END;

CREATE TRIGGER ChatContexts_forgotten AFTER DELETE ON ChatContexts BEGIN
  DELETE FROM ChatNumbers WHERE contextId = old.contextId;
END;

-- The text of chats once more, with an index of how words begin, and the words themselves as a table. What it holds is
-- put anew behind the start, chat by chat, as of chats that have more (`storage/chat_index.py`).

DROP TABLE ChatText;

CREATE VIRTUAL TABLE ChatText USING fts5 (owner, words, tokenize = "unicode61 remove_diacritics 2", prefix = "2 3");

CREATE VIRTUAL TABLE ChatTerms USING fts5vocab (ChatText, instance);

UPDATE ChatContexts SET indexed = 0;

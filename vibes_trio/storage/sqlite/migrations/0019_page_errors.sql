-- What went wrong on apps' pages, as browsers told. It follows its app, and goes with it.

CREATE TABLE PageErrors (
  userSlug text NOT NULL,
  appSlug text NOT NULL,
  errorKey text NOT NULL,
  fsId text NOT NULL,
  message text NOT NULL,
  file text NOT NULL,
  line int NOT NULL,
  count int NOT NULL,
  first text NOT NULL,
  last text NOT NULL,
  PRIMARY KEY (userSlug, appSlug, errorKey)
) WITHOUT ROWID;

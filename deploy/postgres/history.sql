-- What tipoff reads where history.source is postgres. Running it again changes nothing.
--   psql "$URL" -f deploy/postgres/history.sql
-- docs/history.md tells how to fill it.
CREATE TABLE IF NOT EXISTS player_games (
  player text NOT NULL COLLATE "C",
  date date NOT NULL,            -- the day it was played, in New York
  game text NOT NULL COLLATE "C",
  season text NOT NULL,          -- "2024-25"
  playoffs boolean NOT NULL DEFAULT false,
  team text NOT NULL COLLATE "C",
  opponent text NOT NULL,
  home boolean NOT NULL,
  seconds integer NOT NULL,      -- played
  points smallint NOT NULL,
  rebounds smallint, assists smallint, steals smallint, blocks smallint, turnovers smallint,
  fgm smallint, fga smallint, fg3m smallint, fg3a smallint, ftm smallint, fta smallint,
  plus_minus smallint,           -- null: the source does not say
  PRIMARY KEY (player, date, game)
);
CREATE INDEX IF NOT EXISTS player_games_by_date ON player_games (date, game, team);

-- Tells the state of the rows: it changes with every statement that touches them, and is kept with
-- the predictions.
CREATE TABLE IF NOT EXISTS history_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  data_version bigint NOT NULL
);
INSERT INTO history_state (data_version) VALUES (1) ON CONFLICT DO NOTHING;
CREATE OR REPLACE FUNCTION history_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE history_state SET data_version = data_version + 1;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER history_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON player_games
  FOR EACH STATEMENT EXECUTE FUNCTION history_changed();

-- The ledger's three shapes: claims, facts, blobs. Times are ms since the epoch.
-- The version of the schema is the number of the last file applied (PRAGMA user_version).

-- One row: what is written at every opening, so that a disk that takes no writes is noticed then.
create table ledger (
  one          integer primary key check (one = 1),
  made_at_ms   integer not null,
  opened_at_ms integer not null,
  -- Written after a failure, to see whether there is room again for something of its size.
  probe        blob
) strict;

-- One row for each operation, narrow: bodies are blobs. `seq` is the order of making.
create table claims (
  seq            integer primary key autoincrement,
  id             text    not null unique,
  tenant         text    not null,
  kind           text    not null check (kind in ('effect', 'turn', 'lock', 'stage', 'confirmation')),
  key            text    not null,
  occurrence     integer not null check (occurrence >= 1),
  state          text    not null check (state in ('intent', 'done', 'declined', 'not-sent', 'in-doubt',
                                                   'resolved-done', 'resolved-not-done', 'abandoned')),
  epoch          integer not null,
  nonce          text    not null,
  owner          text    not null,
  lease_until_ms integer not null,
  created_at_ms  integer not null,
  finished_at_ms integer,
  delivered      integer not null default 0,
  run            text,
  stage          text,
  attempt        text,
  fingerprint    text    not null,
  client_key     text,
  reason         text,
  detail         text    not null,
  answer         text,
  late_answer    text,
  -- What makes one winner: two claimers of one place cannot both insert.
  unique (tenant, kind, key, occurrence)
) strict;

-- What a new call must not be counted past: doubts are met, free records are claimed again.
create index claims_open on claims (tenant, kind, key, occurrence)
  where state not in ('intent', 'done', 'resolved-done');
create index claims_state on claims (state);
create index claims_run on claims (tenant, run, state, created_at_ms, finished_at_ms) where run is not null;
create index claims_finished on claims (finished_at_ms) where finished_at_ms is not null;

-- How many equal calls one attempt of one run has made. '' stands for none; a name has '=' before it.
create table counters (
  tenant  text    not null,
  kind    text    not null,
  key     text    not null,
  run     text    not null,
  attempt text    not null,
  used    integer not null,
  primary key (tenant, kind, key, run, attempt)
) strict, without rowid;

-- Every key that a client named an operation by: a later attempt may come with one of its own.
create table client_keys (
  tenant      text not null,
  kind        text not null,
  scope       text not null,
  client_key  text not null,
  claim       text not null references claims (id) on delete cascade,
  fingerprint text not null,
  primary key (tenant, kind, scope, client_key)
) strict, without rowid;
create index client_keys_claim on client_keys (claim);

create table facts (
  sequence integer primary key autoincrement,
  tenant   text    not null,
  subject  text    not null,
  kind     text    not null,
  value    text    not null,
  at_ms    integer not null
) strict;
create index facts_subject on facts (tenant, subject, sequence);
create index facts_age on facts (at_ms);
create trigger facts_stay_as_written before update on facts
begin
  select raise(abort, 'facts are only appended');
end;

create table blobs (
  tenant text    not null,
  hash   text    not null,
  at_ms  integer not null,
  bytes  blob    not null,
  unique (tenant, hash)
) strict;
create index blobs_age on blobs (at_ms);

-- The ledger's three shapes: claims, facts, blobs. Times are ms since the epoch, by the database's clock.
-- Everything lies in one schema, which is the search path while this runs.

-- The one clock of all gateways: leases and ages are judged by it and by no gateway's own.
create function now_ms() returns bigint language sql volatile
  as $$ select (extract(epoch from pg_catalog.clock_timestamp()) * 1000)::bigint $$;

-- One row. `probed_at_ms` is written after a failure, to see whether writing works again.
create table ledger (
  one          integer primary key check (one = 1),
  version      integer not null,
  made_at_ms   bigint  not null,
  probed_at_ms bigint  not null
);
insert into ledger values (1, 1, now_ms(), now_ms());

-- What tells that an older state, or a copy, was put in this one's place. One row:
-- docs/decisions/015-a-restored-ledger-is-noticed.md.
create table generation (
  one          integer primary key check (one = 1),
  -- Another one after each confirmed loss; those that stood before it are in `earlier`.
  identity     text    collate "C" not null,
  earlier      text[]  not null default '{}',
  -- How far it has come, and when it had: raised by each gateway that opens, sweeps, or has recorded.
  ticks        bigint  not null default 0,
  ticked_at_ms bigint  not null,
  -- Where it was made: database and table, which a dump does not keep, and the server's identifier.
  place        text    not null,
  system       text,
  -- What is not known any more, as JSON, and which ledger would have known it, until that is confirmed.
  loss         text,
  lost         text    collate "C"
);
insert into generation (one, identity, ticked_at_ms, place)
  select 1, gen_random_uuid()::text, now_ms(), pg_database.oid || '/' || 'generation'::regclass::oid
  from pg_database where datname = current_database();

-- Fails where the ledger is not known to have come as far as a gateway saw it. Inside the statements
-- that decide: what is put back between two of them is noticed by the next.
create function require_reached(reached bigint) returns boolean language plpgsql stable
  set search_path from current
  as $$ begin
    if exists (select 1 from generation where loss is null and ticks >= reached) then return true; end if;
    raise exception 'the ledger was put back' using errcode = 'LS001';
  end $$;

-- One row for each operation, narrow: bodies are blobs. `seq` is the order of making.
-- Names compare by their bytes, whatever the database's own order is.
create table claims (
  seq            bigint  generated always as identity,
  id             text    collate "C" not null primary key,
  tenant         text    collate "C" not null,
  kind           text    collate "C" not null
                   check (kind in ('effect', 'turn', 'lock', 'stage', 'confirmation')),
  key            text    collate "C" not null,
  occurrence     integer not null check (occurrence >= 1),
  state          text    collate "C" not null
                   check (state in ('intent', 'done', 'declined', 'not-sent', 'in-doubt',
                                    'resolved-done', 'resolved-not-done', 'abandoned')),
  epoch          integer not null,
  -- An earlier dispatch of it may have been executed, and nobody knows.
  doubted        boolean not null default false,
  -- Under which epoch the key that goes upstream began, and when; a hash over the bytes of its dispatch.
  key_epoch      integer not null default 1,
  key_at_ms      bigint  not null,
  sent           text    collate "C",
  nonce          text    collate "C" not null,
  owner          text    collate "C" not null,
  lease_until_ms bigint  not null,
  created_at_ms  bigint  not null,
  finished_at_ms bigint,
  delivered      boolean not null default false,
  run            text    collate "C",
  stage          text,
  attempt        text,
  fingerprint    text    collate "C" not null,
  client_key     text,
  reason         text,
  detail         text    not null,
  answer         text,
  late_answer    text,
  -- The nonce of the last settlement: who lost the connection while it was committed finds it here.
  settlement     text    collate "C",
  -- What makes one winner: two claimers of one place cannot both insert.
  unique (tenant, kind, key, occurrence)
);

create index claims_newest on claims (seq);
-- What a new call must not be counted past: doubts are met, free records are claimed again.
create index claims_open on claims (tenant, kind, key, occurrence)
  where state not in ('intent', 'done', 'resolved-done');
-- A second dispatch that runs is met like the doubt that it may end.
create index claims_redispatched on claims (tenant, kind, key, occurrence)
  where doubted and state = 'intent';
create index claims_running on claims (lease_until_ms) where state = 'intent';
create index claims_doubts on claims (seq) where state = 'in-doubt';
create index claims_run on claims (tenant, run, seq) where run is not null;
create index claims_finished on claims (finished_at_ms) where finished_at_ms is not null;

-- How many equal calls one attempt of one run has made. '' stands for none; a name has '=' before it.
create table counters (
  tenant  text    collate "C" not null,
  kind    text    collate "C" not null,
  key     text    collate "C" not null,
  run     text    collate "C" not null,
  attempt text    collate "C" not null,
  used    integer not null,
  primary key (tenant, kind, key, run, attempt)
);

-- Every key that a client named an operation by: a later attempt may come with one of its own. By its
-- hash, because a client's key may be longer than an index takes. It is written before its claim, so
-- that of two calls with one key the second waits for the first; the reference is checked at the end.
create table client_keys (
  hash        bytea not null primary key,
  claim       text  collate "C" not null references claims (id) on delete cascade
                deferrable initially deferred,
  fingerprint text  collate "C" not null
);
create index client_keys_claim on client_keys (claim);

create table facts (
  sequence bigint  generated always as identity primary key,
  tenant   text    collate "C" not null,
  subject  text    collate "C" not null,
  kind     text    collate "C" not null,
  value    text    not null,
  at_ms    bigint  not null,
  -- Which call appended it, and as which of its facts: sent again, it is not appended again.
  batch    text    collate "C" not null,
  place    integer not null,
  unique (batch, place)
);
create index facts_subject on facts (tenant, subject, sequence);
-- Whether a run was closed is asked for each of its exchanges, and a long run has many other facts.
create index facts_kind on facts (tenant, subject, kind, sequence);
create index facts_age on facts (at_ms);
create function facts_stay_as_written() returns trigger language plpgsql
  as $$ begin raise exception 'facts are only appended'; end $$;
create trigger facts_stay_as_written before update on facts
  for each row execute function facts_stay_as_written();

create table blobs (
  tenant text   collate "C" not null,
  hash   text   collate "C" not null,
  at_ms  bigint not null,
  bytes  bytea  not null,
  primary key (tenant, hash)
);
create index blobs_age on blobs (at_ms);

-- What a second dispatch of an operation in doubt hangs on.
-- `doubted`: an earlier dispatch of it may have been executed, and nobody knows.
-- `key_epoch`: under which epoch the key that goes upstream began; `key_at_ms`: when.
-- `sent`: a hash over the bytes of its dispatch; null where that is not known.
alter table claims add column doubted integer not null default 0;
alter table claims add column key_epoch integer not null default 1;
alter table claims add column key_at_ms integer not null default 0;
alter table claims add column sent text;
update claims set key_at_ms = created_at_ms;

-- A second dispatch that runs is met like the doubt that it may end.
create index claims_redispatched on claims (tenant, kind, key, occurrence)
  where doubted = 1 and state = 'intent';

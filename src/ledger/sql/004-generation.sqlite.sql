-- What tells that an older state of this file was put back:
-- docs/decisions/015-a-restored-ledger-is-noticed.md.

-- One row, small, because each commit writes it: which ledger this is, how often it was opened, and
-- what the gateway has committed.
create table generation (
  one          integer primary key check (one = 1),
  identity     text    not null,
  generation   integer not null default 0,
  ticks        integer not null default 0,
  ticked_at_ms integer not null default 0,
  -- 1 once the file beside the database says so, too: from then on it must be there.
  witnessed    integer not null default 0 check (witnessed in (0, 1)),
  -- What is not known any more, as JSON, until an operator confirms it.
  loss         text
) strict;
insert into generation (one, identity) values (1, lower(hex(randomblob(16))));

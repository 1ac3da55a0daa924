-- Whether a run was closed is asked for each of its exchanges, and a long run has many other facts.
create index facts_kind on facts (tenant, subject, kind, sequence);

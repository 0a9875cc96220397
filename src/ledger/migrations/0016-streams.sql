-- Goes up with every poll that is kept: one that another worker has overtaken is thrown away (I9).
alter table cursors add column polls integer not null default 0;

-- How late rows became visible: after a poll that ought to have seen them. The largest of a day, for each stream.
create table stream_lateness (
  connection_id text not null references connections (id) on delete cascade,
  stream text not null,
  day date not null,
  largest_ms bigint not null,
  primary key (connection_id, stream, day)
);

-- What a sweep found that no poll had: each is a bug report.
create table sweep_finds (
  connection_id text not null references connections (id) on delete cascade,
  sweep text not null,
  kind text not null,
  key text not null,
  what text not null,
  found_at timestamptz not null,
  primary key (connection_id, sweep, kind, key, found_at)
);

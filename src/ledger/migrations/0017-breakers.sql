-- Whether a system of a connection is left alone for a while, shared by all processes (failures 3.7).
create table breakers (
  connection_id text not null references connections (id) on delete cascade,
  system text not null,
  window_ends_at timestamptz not null,
  calls integer not null,
  failures integer not null,
  reason text not null,
  -- Set while it is open; after that one call may try, until `probe_until`.
  open_until timestamptz,
  probe_until timestamptz,
  opened integer not null default 0,
  primary key (connection_id, system)
);

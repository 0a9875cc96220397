-- Codes that orders and labels really carried, so that those without a row in a value table can be shown.
create table codes_seen (
  connection_id text not null references connections (id) on delete cascade,
  list text not null check (list in ('ship-via', 'warehouse', 'order-type', 'service', 'package')),
  code text not null,
  seen integer not null,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  example text not null,
  primary key (connection_id, list, code)
);

-- What was learned about a connection's ERP and need not be learned again: what its endpoint has, what it cannot list.
create table site_facts (
  connection_id text not null references connections (id) on delete cascade,
  topic text not null,
  -- Address, tenant and endpoint: what was learned of one is not believed of another.
  site text not null,
  fact jsonb not null,
  learned_at timestamptz not null,
  primary key (connection_id, topic)
);

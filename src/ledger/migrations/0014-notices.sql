-- What somebody should see to although the connection runs: one row a code, gone when it is no longer so.
create table notices (
  connection_id text not null references connections (id) on delete cascade,
  code text not null,
  text text not null,
  since timestamptz not null,
  primary key (connection_id, code)
);

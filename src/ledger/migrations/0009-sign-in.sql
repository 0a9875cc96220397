-- Goes up whenever an address or a credential of the connection changes, so that no process works on with the old ones.
alter table connections add column revision integer not null default 0;

-- Sign-ins in a row that Acumatica refused, or whose answer was never seen. Another wrong one may lock the account, so they are
-- counted for the connection and not for a process (I13).
create table sign_in_tries (
  connection_id text primary key references connections (id) on delete cascade,
  tries integer not null,
  refusal_code text,
  refusal_text text,
  tried_at timestamptz not null
);

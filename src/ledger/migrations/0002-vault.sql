-- Keys of the vault (design 6.8). Written and read by connections/ alone.

-- One data key a connection, wrapped by the master key. Deleting it makes the connection's secrets unreadable for good.
create table vault_keys (
  connection_id text not null references connections (id) on delete cascade,
  dek_id integer not null,
  wrapped text not null,
  created_at timestamptz not null,
  primary key (connection_id, dek_id)
);

-- What the right master key answers, so that a wrong one is found out at start and not at the first call.
create table vault_checks (
  id integer primary key check (id = 1),
  check_value text not null,
  created_at timestamptz not null
);

create unique index connections_hook_token on connections (hook_token_hash) where hook_token_hash is not null;

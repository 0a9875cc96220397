-- The one ERP session of a connection, as all processes share it (failures 3.3). Its cookies are among the secrets. All times are this server's
-- own, because clocks of processes differ. Written by connections/ alone.
create table erp_sessions (
  connection_id text primary key references connections (id) on delete cascade,
  -- Whose turn it is to use the session, under a number that what they store is compared with.
  holder text,
  held_until timestamptz,
  fence integer not null default 0,
  -- Who is next: the holder gives the turn up at the first opportunity.
  next_holder text,
  next_until timestamptz,
  -- Goes up with each session that is stored or forgotten; `opened_for` is null while there is none.
  version integer not null default 0,
  opened_for text,
  opened_at timestamptz,
  used_at timestamptz
);

-- The clients that may be in the middle of something in the session: the last of them signs out.
create table erp_session_users (
  connection_id text not null references connections (id) on delete cascade,
  holder text not null,
  seen_at timestamptz not null,
  primary key (connection_id, holder)
);

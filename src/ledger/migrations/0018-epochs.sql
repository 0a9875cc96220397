-- What each data directory last noted about this database. A database put back by hand has an older note than the directory.
create table epochs (
  place text primary key,
  epoch text not null,
  previous text,
  noted_at timestamptz not null
);

-- When this connection's past was last cut off by a restore, and when its two systems were compared after that.
alter table connections add column restored_at timestamptz;

alter table connections add column reconciled_at timestamptz;

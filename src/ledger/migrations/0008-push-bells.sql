-- Where Acumatica's push notifications ring: hashes alone are compared, the token and the key themselves are sealed secrets.
create table push_bells (
  connection_id text primary key references connections (id) on delete cascade,
  token_hash text not null unique,
  key_hash text not null,
  made_at timestamptz not null
);

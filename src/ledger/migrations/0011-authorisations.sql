-- Access to Acumatica by OAuth. The tokens are among the secrets; here is when they came and how long they are good.
create table authorisations (
  connection_id text primary key references connections (id) on delete cascade,
  version integer not null default 0,
  authorised_at timestamptz,
  authorised_by text,
  refreshed_at timestamptz,
  access_until timestamptz,
  ended_at timestamptz,
  -- Who asks for new tokens just now. By the server's own clock, because it holds between machines whose clocks differ.
  lease_holder text,
  lease_until timestamptz
);

-- Consents that were asked for in the browser. Of the state only the hash is kept, and it is taken away when it is used.
create table authorisation_requests (
  state_hash text primary key,
  connection_id text not null references connections (id) on delete cascade,
  actor text not null,
  expires_at timestamptz not null
);

-- What the company of a connection is recognised by: no call of Acumatica names the tenant one landed in.
create table companies (
  connection_id text primary key references connections (id) on delete cascade,
  landmark jsonb not null,
  seen_at timestamptz not null,
  confirmed_at timestamptz,
  confirmed_by text
);

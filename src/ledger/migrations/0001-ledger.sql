-- The connector's memory. Time is always a parameter, never now(): a test owns the clock.

create table connections (
  id text primary key,
  name text not null,
  state text not null check (state in ('active', 'paused', 'stopped')),
  stop_code text,
  stop_text text,
  settings jsonb not null,
  hook_token_hash text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- Sealed credentials (design 6.8). Written and read by connections/ alone.
create table secrets (
  connection_id text not null references connections (id) on delete cascade,
  field text not null,
  sealed text not null,
  updated_at timestamptz not null,
  primary key (connection_id, field)
);

create table records (
  connection_id text not null references connections (id) on delete cascade,
  kind text not null,
  key text not null,
  state text not null check (state in ('Prepared', 'Processed', 'Failed', 'Aborted', 'Filtered', 'Skipped', 'Waiting')),
  reason_code text,
  reason_text text,
  problems jsonb not null default '[]',
  source jsonb not null,
  source_hash text not null,
  parent_key text,
  remote_key text,
  title text,
  search text not null default '',
  attempts integer not null default 0,
  due_at timestamptz,
  fence integer not null default 0,
  claimed_until timestamptz,
  first_seen_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (connection_id, kind, key)
);

create index records_due on records (connection_id, kind, due_at) where due_at is not null;

create index records_state on records (connection_id, kind, state, changed_at desc);

create index records_parent on records (connection_id, parent_key) where parent_key is not null;

create index records_remote on records (connection_id, kind, remote_key) where remote_key is not null;

create table links (
  connection_id text not null references connections (id) on delete cascade,
  kind text not null,
  key text not null,
  system text not null check (system in ('acumatica', 'shipstation')),
  remote_id text not null,
  sent_hash text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (connection_id, kind, key, system, remote_id)
);

create index links_remote on links (connection_id, system, remote_id);

create table effects (
  connection_id text not null references connections (id) on delete cascade,
  effect_key text not null,
  kind text not null,
  key text not null,
  state text not null check (state in ('planned', 'dispatched', 'done', 'refused', 'not_done', 'in_doubt', 'parked')),
  plan_hash text not null,
  plan jsonb not null,
  attempt integer not null default 0,
  fence integer not null,
  dispatched_at timestamptz,
  quarantine_until timestamptz,
  settled_at timestamptz,
  evidence jsonb,
  primary key (connection_id, effect_key)
);

create index effects_record on effects (connection_id, kind, key);

create index effects_open on effects (connection_id, state) where state in ('dispatched', 'in_doubt');

create table shipment_plans (
  connection_id text not null references connections (id) on delete cascade,
  plan_id text not null,
  order_key text not null,
  warehouse text not null,
  state text not null check (state in ('frozen', 'confirmed', 'dropped')),
  plan jsonb not null,
  shipment_nbr text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (connection_id, plan_id)
);

create index shipment_plans_order on shipment_plans (connection_id, order_key);

-- A label belongs to exactly one plan of a warehouse (I2).
create table plan_labels (
  connection_id text not null,
  label_id text not null,
  warehouse text not null,
  plan_id text not null,
  primary key (connection_id, label_id, warehouse),
  foreign key (connection_id, plan_id) references shipment_plans (connection_id, plan_id) on delete cascade
);

create table cursors (
  connection_id text not null references connections (id) on delete cascade,
  stream text not null,
  position timestamptz not null,
  polled_at timestamptz not null,
  seen integer not null default 0,
  primary key (connection_id, stream)
);

create table mirror_orders (
  connection_id text not null references connections (id) on delete cascade,
  order_id text not null,
  order_key text,
  order_number text,
  order_status text,
  store_id text,
  modify_date text,
  seen_at timestamptz not null,
  primary key (connection_id, order_id)
);

create index mirror_orders_key on mirror_orders (connection_id, order_key);

create table items (
  connection_id text not null references connections (id) on delete cascade,
  sku text not null,
  item jsonb not null,
  seen_at timestamptz not null,
  primary key (connection_id, sku)
);

create table audit (
  id bigint generated always as identity primary key,
  connection_id text,
  at timestamptz not null,
  actor text not null,
  kind text,
  key text,
  event text not null,
  detail jsonb not null default '{}'
);

create index audit_record on audit (connection_id, kind, key, id);

create table exchanges (
  id bigint generated always as identity primary key,
  connection_id text not null references connections (id) on delete cascade,
  at timestamptz not null,
  subjects text[] not null default '{}',
  system text not null,
  method text not null,
  url text not null,
  status integer,
  took_ms integer not null,
  request_body text,
  response_body text,
  failure text
);

create index exchanges_subjects on exchanges using gin (subjects);

create index exchanges_at on exchanges (at);

create table doorbells (
  connection_id text not null references connections (id) on delete cascade,
  stream text not null,
  rung_at timestamptz not null,
  rings integer not null default 1,
  primary key (connection_id, stream)
);

-- When each flow of a connection is next due. The engine only carries these out.
create table wakeups (
  connection_id text not null references connections (id) on delete cascade,
  flow text not null,
  due_at timestamptz not null,
  ran_at timestamptz,
  outcome text,
  primary key (connection_id, flow)
);

create table quotas (
  connection_id text not null references connections (id) on delete cascade,
  system text not null,
  window_ends_at timestamptz not null,
  call_limit integer not null,
  remaining integer not null,
  taken integer not null default 0,
  primary key (connection_id, system)
);

create function refuse_change() returns trigger language plpgsql as $$ begin raise exception 'the audit trail is append-only'; end $$;

create trigger audit_append_only before update or delete or truncate on audit for each statement execute function refuse_change();

-- Two workers never act on one shipment plan: who acts on it holds it, under a number that every write of theirs compares (I9).
alter table shipment_plans add column fence integer not null default 0;
alter table shipment_plans add column held_until timestamptz;

-- A plan waits until the one before it, of the same order and warehouse, is confirmed (failures 3.4).
create unique index shipment_plans_one_at_a_time on shipment_plans (connection_id, order_key, warehouse)
  where state = 'frozen';

-- What an effect must not be in doubt beside (I4): an order's writes to one warehouse.
alter table effects add column scope text;

create index effects_scope on effects (connection_id, scope) where state in ('dispatched', 'in_doubt') and scope is not null;

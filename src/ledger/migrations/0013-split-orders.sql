-- The order a part was split from: a part may show neither our key nor an id we know.
alter table mirror_orders add column parent_id text;

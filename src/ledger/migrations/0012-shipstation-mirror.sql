-- A listing of ShipStation that was interrupted, as one larger than a minute's calls always is: where it goes on.
create table listing_rests (
  connection_id text not null references connections (id) on delete cascade,
  stream text not null,
  rest jsonb not null,
  saved_at timestamptz not null,
  primary key (connection_id, stream)
);

-- An order of another origin that has the number of one of ours.
create index mirror_orders_number on mirror_orders (connection_id, order_number);

create table mirror_products (
  connection_id text not null references connections (id) on delete cascade,
  product_id text not null,
  -- Without the blanks around it that ShipStation keeps.
  sku text not null,
  active boolean not null,
  modify_date text,
  product jsonb not null,
  seen_at timestamptz not null,
  primary key (connection_id, product_id)
);

create index mirror_products_sku on mirror_products (connection_id, sku);

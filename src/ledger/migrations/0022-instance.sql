-- Who wrote a mark in the ERP: this ledger's own name, kept by whoever is restored or moved from it. Written by instance.ts alone.
create table instance (
  id integer primary key check (id = 1),
  name text not null
);

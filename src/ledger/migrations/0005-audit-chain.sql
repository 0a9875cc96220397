-- A chain of hashes over the audit trail, one chain a connection; '' is the chain of entries that belong to none.
create table audit_heads (
  chain text primary key,
  seq bigint not null,
  hash text not null,
  -- Entries from before there was a chain. They have no number and are not covered by it.
  earlier bigint not null default 0
);

alter table audit add column seq bigint;

alter table audit add column hash text;

create unique index audit_chain on audit (coalesce(connection_id, ''), seq) where seq is not null;

insert into audit_heads (chain, seq, hash, earlier) select coalesce(connection_id, ''), 0, '', count(*) from audit group by 1;

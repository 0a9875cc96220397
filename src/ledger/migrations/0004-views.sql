-- The console lists newest changes first, of one connection, whatever their kind and state.
create index records_changed on records (connection_id, changed_at, kind, key);

create index audit_connection on audit (connection_id, id);

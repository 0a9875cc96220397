-- While the master key is being rotated: what the new key answers. Until it is null again nothing but the rotation may start.
alter table vault_checks add column next_check_value text;

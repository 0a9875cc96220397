-- When an effect was dispatched, by the other system's own clock: ours may be set between two looks (failures 3.7).
alter table effects add column their_time timestamptz;

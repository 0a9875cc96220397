-- Since when a record has been tried without coming to anything: after a day a person looks at it (failures 3.7).
alter table records add column trying_since timestamptz;

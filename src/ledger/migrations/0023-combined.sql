-- A ShipStation order that was combined into another one: the API shows nothing of it any more, a void of its label neither.
alter table mirror_orders add column combined_into text;

-- Sign-ins whose answer was lost or could not be read: once one is refused they may have been refused, too.
alter table sign_in_tries add column unclear int not null default 0;

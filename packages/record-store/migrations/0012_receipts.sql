-- Up Migration

-- The persons of a receipt, as its partner was first told that readers see them: what becomes of them later is not told.
alter table webhook_event add column told_persons jsonb;

-- Partners take turns: of each, the oldest that waits.
drop index webhook_event_to_do;
create index webhook_event_to_do on webhook_event (partner_id, form, received_at) where state = 'accepted';

drop index webhook_event_listed;
create index webhook_event_listed on webhook_event (partner_id, received_at, id);

-- Items of it that their source's agreement leaves out: of them nothing else is kept.
alter table webhook_event add column denied_items integer not null default 0;

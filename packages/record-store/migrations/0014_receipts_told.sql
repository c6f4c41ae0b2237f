-- Up Migration

-- Events whose partner wants to be told what became of them, until nothing more will by itself.
create table receipt_to_tell (
  webhook_event_id uuid primary key references webhook_event (id) on delete cascade,
  look_at timestamptz not null default now()
);
create index receipt_to_tell_due on receipt_to_tell (look_at);

create function queue_receipts() returns trigger language plpgsql as $$
begin
  insert into receipt_to_tell (webhook_event_id)
    select id from added where exists (
      select from subscription s where s.partner_id = added.partner_id and s.topic = 'receipt' and s.status <> 'off');
  return null;
end $$;

create trigger webhook_event_to_tell after insert on webhook_event
  referencing new table as added for each statement execute function queue_receipts();

-- Of a receipt: the event that it is of. It is about no person's record.
alter table delivery add column webhook_event_id uuid references webhook_event (id);
alter table delivery add unique (subscription_id, webhook_event_id);

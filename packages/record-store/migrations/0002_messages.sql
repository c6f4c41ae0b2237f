-- Up Migration

-- What comes unasked: a hospital's messages name the person themselves, in their own words -------------

alter table inbox_message alter column patient_id drop not null;
comment on column inbox_message.patient_id is
  'Who was asked about: a merge leaves it. Null for a message that came unasked.';

-- Of HL7 v2; null for the rest.
alter table inbox_message
  -- MSH-10, and a hash of it with MSH-3 and MSH-4: who numbered it so.
  add column control_id text,
  add column control_key text,
  -- Its sender had given that number to another message.
  add column control_id_reused boolean not null default false,
  -- e.g. ADT^A01
  add column event text,
  -- What the body is decoded by, and whether that is not what the message says.
  add column character_set text,
  add column character_set_guessed boolean not null default false,
  -- Of the stay it belongs to (PV1-19), with the source; of several, the first, see message_visit.
  add column visit_hash text;
create index inbox_message_control on inbox_message (source_id, control_key) where control_key is not null;
create index inbox_message_visit on inbox_message (source_id, visit_hash) where visit_hash is not null;
-- Each adapter looks for messages of its own: a backlog of hospitals' must not hide a practice's.
drop index inbox_message_to_do;
create index inbox_message_gp_to_do on inbox_message (received_at)
  where state = 'received' and companion_of is null and interface like 'gp-connect-%';
create index inbox_message_acute_to_do on inbox_message (received_at)
  where state = 'received' and companion_of is null and not interface like 'gp-connect-%';

-- A stay of a kind that its source does not share: what comes of it later is refused as well.
create table refused_visit (
  source_id text not null,
  visit_hash text not null,
  refused_at timestamptz not null default now(),
  primary key (source_id, visit_hash)
);

-- Further stays that a message tells of, such as an exchange of beds.
create table message_visit (
  inbox_message_id uuid not null references inbox_message (id) on delete cascade,
  source_id text not null,
  visit_hash text not null,
  primary key (inbox_message_id, visit_hash)
);
create index message_visit_visit on message_visit (source_id, visit_hash);

-- A log: stays that had been refused by mistake.
create table visit_release (
  source_id text not null,
  visit_hash text not null,
  refused_at timestamptz not null,
  released_at timestamptz not null default now(),
  released_by text not null
);
-- Of refused stays, what was kept before has yet to be purged: see purgeWithdrawnVisits.
create index inbox_message_to_purge on inbox_message (received_at)
  where interface = 'hl7v2-denied' and state = 'mapped' and reason is null;

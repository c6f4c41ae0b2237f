-- Up Migration

-- Who may send to the gateway, and is told of changes ------------------------------------------------

create table partner (
  -- Ours, for ever: it is part of addresses.
  id text primary key,
  name text not null,
  ods_code text not null,
  -- Of the source catalogue: for which sources it speaks.
  source_ids text[] not null,
  -- `sub` of its access tokens; null: it signs what it sends.
  client_id text unique,
  registered_at timestamptz not null default now(),
  registered_by text not null,
  suspended_at timestamptz,
  suspended_by text
);

-- Where a partner may be told of changes: an operator has looked at the address.
create table partner_endpoint (
  id uuid primary key,
  partner_id text not null references partner (id),
  url text not null,
  -- CIDR ranges where it may be, besides public addresses.
  allowed_ranges text[] not null default '{}',
  registered_at timestamptz not null default now(),
  registered_by text not null,
  disabled_at timestamptz,
  disabled_reason text,
  unique (partner_id, url)
);

create table partner_key (
  id uuid primary key,
  partner_id text not null references partner (id),
  -- What is sent there is signed with it; null: what the partner sends is verified with it.
  endpoint_id uuid references partner_endpoint (id),
  scheme text not null check (scheme in ('v1', 'v1a')),
  -- Encrypted: see sealing in service-kit.
  sealed bytea not null,
  -- By which people tell keys apart; nothing of the key follows from it.
  fingerprint text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  revoked_at timestamptz,
  revoked_by text
);
create index partner_key_live on partner_key (partner_id) where revoked_at is null;

-- What partners send ---------------------------------------------------------------------------------

create table webhook_event (
  -- Of its receipt, too.
  id uuid primary key,
  partner_id text not null references partner (id),
  -- As the partner names it (`webhook-id`): the same again is the same event.
  event_id text not null,
  form text not null check (form in ('fhir', 'hl7v2', 'cld', 'person-changed')),
  content_type text not null,
  -- As it came; null once its adapter has taken it, or refused it.
  body bytea,
  body_hash text not null,
  received_at timestamptz not null default clock_timestamp(),
  -- taken: an adapter has made messages of the inbox of it. dead: no attempt to do so came to an end.
  state text not null default 'accepted' check (state in ('accepted', 'taken', 'rejected', 'dead')),
  reason text,
  -- WebhookIssue[] of what was rejected.
  issues jsonb not null default '[]',
  -- VersionGap[], as known when it was taken.
  gaps jsonb not null default '[]',
  attempt integer not null default 0,
  lease_until timestamptz,
  settled_at timestamptz,
  unique (partner_id, event_id)
);
create index webhook_event_to_do on webhook_event (form, received_at) where state = 'accepted';
create index webhook_event_listed on webhook_event (partner_id, received_at);

-- The messages of the inbox that came of an event; one that came by several events is one message.
create table webhook_message (
  webhook_event_id uuid not null references webhook_event (id),
  inbox_message_id uuid not null references inbox_message (id) on delete cascade,
  primary key (webhook_event_id, inbox_message_id)
);
create index webhook_message_of on webhook_message (inbox_message_id);

-- The pulls that came of a notice that somebody's record has changed.
create table webhook_pull (
  webhook_event_id uuid not null references webhook_event (id),
  pull_id uuid not null references pull (id) on delete cascade,
  primary key (webhook_event_id, pull_id)
);

-- Which versions of an item its source has told of, by the source's own count.
create table item_version_told (
  source_id text not null,
  -- e.g. `Observation/o1`, as the source names it
  item text not null,
  version bigint not null,
  primary key (source_id, item, version)
);

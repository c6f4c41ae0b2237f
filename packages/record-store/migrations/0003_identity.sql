-- Up Migration

-- One message may be about several persons: a contribution for each.
alter table contribution drop constraint contribution_inbox_message_id_key;
alter table contribution add column part integer not null default 0;
alter table contribution add unique (inbox_message_id, part);

-- Items that many messages tell of -------------------------------------------------------------------

create table item_event (
  -- Whoever has the item.
  patient_id uuid not null,
  resource_id uuid not null,
  contribution_id uuid not null,
  order_time timestamptz not null,
  order_sequence integer not null,
  order_hash text not null,
  -- ItemEvent as JSON.
  body text not null,
  primary key (patient_id, resource_id, contribution_id)
);

-- For which parts of its record a source has spoken whole, and when last.
create table source_part (
  home_patient_id uuid not null,
  source_id text not null,
  part text not null,
  covered_time timestamptz not null,
  covered_sequence integer not null,
  covered_hash text not null,
  primary key (home_patient_id, source_id, part)
);

-- Who is meant ---------------------------------------------------------------------------------------

-- Under which NHS number and demographics a source knows one of its own patients. A row for each variant.
create table identity_claim (
  id uuid primary key,
  -- The person as the source knows them, wherever they have been merged to.
  home_patient_id uuid not null references patient (id),
  source_id text not null,
  nhs_number text not null,
  birth_date text,
  family text,
  -- JSON array
  given text not null,
  verdict text not null check (verdict in ('untraced', 'agrees', 'twin', 'differs', 'insufficient', 'closed', 'not-found')),
  -- By the source's clock: what it said last counts.
  said_at timestamptz not null,
  unique nulls not distinct (home_patient_id, nhs_number, birth_date, family, given)
);
create index identity_claim_number on identity_claim (nhs_number);

-- What a source says of its own patient numbers. In force: what was said last of a pair, and was not undone.
create table identity_statement (
  id uuid primary key,
  source_id text not null,
  contribution_id uuid not null,
  kind text not null check (kind in ('merge', 'link', 'unlink')),
  from_patient_id uuid not null references patient (id),
  into_patient_id uuid not null references patient (id),
  order_time timestamptz not null,
  order_sequence integer not null,
  order_hash text not null,
  undone_at timestamptz,
  undone_reason text,
  unique (contribution_id, kind, from_patient_id, into_patient_id)
);
create index identity_statement_from on identity_statement (from_patient_id);
create index identity_statement_into on identity_statement (into_patient_id);

-- A stay that its source recorded under the wrong patient, and whose it is. What was said last counts.
create table visit_move (
  resource_id uuid primary key,
  source_id text not null,
  into_patient_id uuid not null references patient (id),
  order_time timestamptz not null,
  order_sequence integer not null,
  order_hash text not null
);

-- Contributions of which an item is another person's for now: they are applied again once it is not.
create table waiting_item (
  resource_id uuid not null,
  contribution_id uuid not null references contribution (id),
  primary key (resource_id, contribution_id)
);

create index patient_identifier_home on patient_identifier (home_patient_id);
create index inbox_message_patient on inbox_message (patient_id) where patient_id is not null;

-- NHS numbers that messages named and PDS has yet to be asked about.
create table trace_request (
  id uuid primary key,
  nhs_number text not null unique,
  state text not null default 'waiting' check (state in ('waiting', 'done', 'dead')),
  reason text,
  attempt integer not null default 0,
  lease_until timestamptz,
  requested_at timestamptz not null default now(),
  settled_at timestamptz
);
create index trace_request_to_do on trace_request (requested_at) where state = 'waiting';

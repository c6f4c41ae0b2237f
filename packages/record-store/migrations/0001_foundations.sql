-- Up Migration

-- Persons ------------------------------------------------------------------------------------------

create table patient (
  id uuid primary key,
  version bigint not null default 0,
  -- Raised by everything that can change an answer about this person, so that a cached one is known to be old.
  revision bigint not null default 0,
  merged_into uuid references patient (id),
  created_at timestamptz not null default now()
);
comment on column patient.version is 'Of the record: raised when its content changes.';
create index patient_merged on patient (merged_into) where merged_into is not null;

-- Not sharded by patient: which person an identifier or an item belongs to is decided here and nowhere else.
create table patient_identifier (
  system text not null,
  value text not null,
  patient_id uuid not null references patient (id),
  -- Whose it was before any merge, so that a merge can be undone.
  home_patient_id uuid not null references patient (id),
  use text not null check (use in ('official', 'old')),
  -- What it was to its home before that was merged.
  home_use text check (home_use in ('official', 'old')),
  primary key (system, value)
);
create index patient_identifier_patient on patient_identifier (patient_id);

create table source_resource_owner (
  resource_id uuid primary key,
  patient_id uuid not null,
  -- The source no longer says it of this person, and may say it of another.
  released boolean not null default false
);
comment on table source_resource_owner is
  'The one person an item belongs to. resource_id is a hash of source, type and source id.';

create table pds_trace (
  nhs_number text primary key,
  patient_id uuid not null references patient (id),
  status text not null check (
    status in ('unrestricted', 'restricted', 'very-restricted', 'redacted', 'invalidated', 'not-found')
  ),
  -- PDS's Patient as JSON; kept only for somebody unrestricted.
  demographics text,
  family text,
  birth_date text,
  registered_practice text,
  deceased boolean not null default false,
  traced_at timestamptz not null
);
create index pds_trace_patient on pds_trace (patient_id);
create index pds_trace_name on pds_trace (lower(family), birth_date) where status = 'unrestricted';

create table consent_directive (
  id uuid primary key,
  nhs_number text not null,
  kind text not null check (kind in ('whole-record-objection')),
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  withdrawn_at timestamptz,
  withdrawn_by text
);
create unique index consent_directive_standing on consent_directive (nhs_number, kind) where withdrawn_at is null;

create table identity_link (
  id uuid primary key,
  from_patient_id uuid not null references patient (id),
  into_patient_id uuid not null references patient (id),
  reason text not null,
  linked_at timestamptz not null default now(),
  undone_at timestamptz,
  undone_reason text
);
create index identity_link_into on identity_link (into_patient_id) where undone_at is null;

create table identity_review (
  id uuid primary key,
  patient_id uuid not null references patient (id),
  reason text not null,
  opened_at timestamptz not null default now(),
  closed_at timestamptz
);
create unique index identity_review_open on identity_review (patient_id, reason) where closed_at is null;

-- What comes in ------------------------------------------------------------------------------------

-- authority: 'system' for what may be kept; a session key for what one reader was shown and nobody else.
create table pull (
  id uuid primary key,
  patient_id uuid not null references patient (id),
  -- Who it was for before a merge moved it, until it is asked anew.
  home_patient_id uuid references patient (id),
  source_id text not null,
  authority text not null,
  -- The reader in whose name the source is asked: staff identity, no patient data.
  reader jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'asking', 'answered', 'done')),
  outcome text,
  detail text,
  attempt integer not null default 0,
  lease_until timestamptz,
  requested_at timestamptz not null default now(),
  began_at timestamptz,
  finished_at timestamptz,
  -- Messages of this pull that are not applied, refused or dead yet.
  open_messages integer not null default 0,
  expires_at timestamptz
);
create unique index pull_in_flight on pull (patient_id, source_id, authority) where state <> 'done';
create index pull_to_do on pull (source_id, requested_at) where state in ('waiting', 'asking');
create index pull_expiring on pull (expires_at) where expires_at is not null;

create table inbox_message (
  id uuid primary key,
  source_id text not null,
  interface text not null,
  authority text not null,
  idempotency_key text not null,
  pull_id uuid,
  -- Another answer to the same question: mapped with that message, as one contribution.
  companion_of uuid references inbox_message (id),
  -- Who was asked about: a merge leaves it.
  patient_id uuid not null references patient (id),
  -- By the source's clock or, for a pull, when the request began.
  source_time timestamptz not null,
  source_sequence integer not null default 0,
  -- gzip; null once purged.
  body bytea,
  body_hash text not null,
  state text not null default 'received' check (state in ('received', 'mapped', 'refused', 'dead')),
  reason text,
  attempt integer not null default 0,
  lease_until timestamptz,
  received_at timestamptz not null default now(),
  settled_at timestamptz,
  expires_at timestamptz,
  unique (source_id, idempotency_key)
);
create index inbox_message_to_do on inbox_message (received_at) where state = 'received' and companion_of is null;
create index inbox_message_companion on inbox_message (companion_of) where companion_of is not null;
create index inbox_message_expiring on inbox_message (expires_at) where expires_at is not null and body is not null;

create table contribution (
  id uuid primary key,
  inbox_message_id uuid not null unique,
  source_id text not null,
  authority text not null,
  pull_id uuid,
  patient_id uuid not null references patient (id),
  source_time timestamptz not null,
  source_sequence integer not null default 0,
  content_hash text not null,
  -- gzip of JSON; null once purged.
  body bytea,
  state text not null default 'ready' check (state in ('ready', 'applied', 'refused', 'dead')),
  reason text,
  attempt integer not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  applied_version bigint,
  expires_at timestamptz
);
create index contribution_to_do on contribution (created_at) where state = 'ready';
create index contribution_patient on contribution (patient_id);
create index contribution_expiring on contribution (expires_at) where expires_at is not null and body is not null;

-- The record: what each source says now -----------------------------------------------------------

create table source_resource (
  patient_id uuid not null,
  resource_id uuid not null,
  authority text not null,
  source_id text not null,
  resource_type text not null,
  source_resource_id text not null,
  home_patient_id uuid not null,
  -- JSON array
  sections text not null,
  order_time timestamptz not null,
  order_sequence integer not null,
  order_hash text not null,
  content_hash text not null,
  present boolean not null,
  expires_at timestamptz,
  primary key (patient_id, resource_id, authority)
);
create index source_resource_expiring on source_resource (expires_at) where expires_at is not null;

create table source_section (
  patient_id uuid not null,
  source_id text not null,
  authority text not null,
  section text not null,
  state text not null,
  warnings jsonb not null default '[]',
  -- Items that landed with a code or date reduced to its text.
  degraded integer not null default 0,
  stated_time timestamptz not null,
  stated_sequence integer not null,
  stated_hash text not null,
  -- When it was last returned complete; null if never.
  covered_time timestamptz,
  covered_sequence integer,
  covered_hash text,
  -- Known only through somebody merged into the person: what it covered were not the person's own items.
  borrowed boolean not null default false,
  expires_at timestamptz,
  primary key (patient_id, source_id, authority, section)
);
create index source_section_expiring on source_section (expires_at) where expires_at is not null;

create table source_status (
  patient_id uuid not null,
  source_id text not null,
  authority text not null,
  -- When the request began whose answer is shown.
  as_at timestamptz,
  last_outcome text,
  last_detail text,
  last_settled_at timestamptz,
  -- The source said that the person does not agree, and has not answered since.
  consent_refused boolean not null default false,
  -- Ask again at the next read, whatever the age: the person was merged or parted since.
  stale boolean not null default false,
  -- Known only through somebody merged into the person: goes with them when they are parted.
  borrowed boolean not null default false,
  expires_at timestamptz,
  primary key (patient_id, source_id, authority)
);
create index source_status_expiring on source_status (expires_at) where expires_at is not null;

create table quarantine (
  id uuid primary key,
  patient_id uuid not null,
  source_id text not null,
  authority text not null,
  inbox_message_id uuid not null,
  reason text not null,
  resource_type text not null,
  source_resource_id text,
  section text not null,
  expression text,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  expires_at timestamptz
);
create index quarantine_open on quarantine (patient_id, source_id, authority) where closed_at is null;
create index quarantine_expiring on quarantine (expires_at) where expires_at is not null;

-- The view: what is shown, entry by entry ---------------------------------------------------------

-- An entry is valid for the versions [from_version, to_version) of its person.
create table view_entry (
  patient_id uuid not null,
  resource_type text not null,
  resource_id uuid not null,
  authority text not null,
  from_version bigint not null,
  to_version bigint,
  source_id text not null,
  last_updated timestamptz not null,
  content_hash text not null,
  search_index text not null,
  -- The resource as JSON, served as it stands.
  body text not null,
  expires_at timestamptz,
  primary key (patient_id, resource_id, authority, from_version)
);
-- Compression would be undone on every read.
alter table view_entry alter column body set storage external;
create index view_entry_expiring on view_entry (expires_at) where expires_at is not null;
-- What is shown now, or was at a version: a record of long standing holds many more entries than that.
create index view_entry_valid on view_entry (patient_id, authority, to_version);

create table patient_version (
  patient_id uuid not null references patient (id),
  version bigint not null,
  created_at timestamptz not null default now(),
  hash text not null,
  cause text not null,
  primary key (patient_id, version)
);
create index on patient_version (patient_id, version) where cause = 'unmerge';

-- What goes out ------------------------------------------------------------------------------------

create table outbox_event (
  id bigint generated always as identity primary key,
  queue text not null,
  partition text,
  row_id uuid not null,
  attempt integer not null default 0,
  created_at timestamptz not null default now()
);
comment on table outbox_event is 'A work queue: a row is deleted when Redis has it.';

create table change_event (
  id uuid primary key,
  patient_id uuid not null references patient (id),
  version bigint not null,
  cause text not null,
  source_id text not null,
  -- { "Observation": { "shown": 3, "withdrawn": 1 } }
  counts jsonb not null,
  occurred_at timestamptz not null default now()
);
comment on table change_event is 'A retained log: what changed at each version, and why.';
create index change_event_patient on change_event (patient_id, version);

create table purge_record (
  id uuid primary key,
  purged_at timestamptz not null default now(),
  relation text not null,
  source_id text not null,
  row_count integer not null,
  -- SHA-256 over the hashes of what was purged.
  digest text not null
);

-- Audit --------------------------------------------------------------------------------------------

create table audit_event (
  chain_id uuid not null,
  sequence bigint not null,
  recorded_at timestamptz not null,
  patient_id uuid,
  -- FHIR AuditEvent as JSON.
  body text not null,
  hash text not null,
  primary key (chain_id, sequence)
);
create index audit_event_patient on audit_event (patient_id, recorded_at);

create table audit_checkpoint (
  chain_id uuid not null,
  sequence bigint not null,
  hash text not null,
  signed_at timestamptz not null,
  closing boolean not null default false,
  key_id text not null,
  signature text not null,
  -- A chain may be closed where its last checkpoint stood.
  primary key (chain_id, sequence, closing)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;
create trigger audit_event_append_only before update or delete or truncate on audit_event
  for each statement execute function refuse_change();
create trigger audit_checkpoint_append_only before update or delete or truncate on audit_checkpoint
  for each statement execute function refuse_change();

-- Dead letters, wherever they lie ------------------------------------------------------------------

create view dead_letter as
  select 'inbox_message' as relation, id, source_id, patient_id, reason, attempt, settled_at as died_at
    from inbox_message where state = 'dead'
  union all
  select 'contribution', id, source_id, patient_id, reason, attempt, settled_at
    from contribution where state = 'dead'
  union all
  select 'pull', id, source_id, patient_id, detail, attempt, finished_at
    from pull where detail = 'dead-letter' and not exists (select from inbox_message where pull_id = pull.id);

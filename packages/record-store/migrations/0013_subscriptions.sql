-- Up Migration

-- Who is told of changes -----------------------------------------------------------------------------

create table subscription (
  id uuid primary key,
  partner_id text not null references partner (id),
  endpoint_id uuid not null references partner_endpoint (id),
  topic text not null,
  format text not null check (format in ('fhir', 'standard-webhooks')),
  content text not null check (content in ('empty', 'id-only')),
  -- As FHIR has it: requested until the endpoint has answered once, error while it does not.
  status text not null default 'requested' check (status in ('requested', 'active', 'error', 'off')),
  reason text,
  heartbeat_seconds integer,
  ends_at timestamptz,
  -- The number of the event that was sent last: numbers have no gaps.
  last_number bigint not null default 0,
  last_sent_at timestamptz,
  -- In error: since when, how many attempts in a row, and before when nothing more is tried.
  failing_since timestamptz,
  failures integer not null default 0,
  retry_at timestamptz,
  -- When it was last asked whether it is there.
  last_heartbeat_at timestamptz,
  last_redelivery_at timestamptz,
  created_at timestamptz not null default now()
);
create index subscription_partner on subscription (partner_id, created_at);

-- Of whom: the partner has said why it has to know of them.
create table subscription_person (
  id uuid primary key,
  subscription_id uuid not null references subscription (id),
  -- Whose events wait for each other: the same for assertions that mean one person, for good once they did.
  subject_id uuid not null,
  nhs_number text not null,
  -- YYYY-MM-DD: of somebody else nothing is told, should the number be wrong.
  birth_date text not null,
  relationship text not null,
  asserted_at timestamptz not null default now(),
  asserted_by text not null,
  ended_at timestamptz
);
create unique index subscription_person_standing on subscription_person (subscription_id, nhs_number)
  where ended_at is null;
create index subscription_person_ever on subscription_person (subscription_id, nhs_number);
create index subscription_person_number on subscription_person (nhs_number) where ended_at is null;

-- A work queue: changes that subscriptions have yet to be told of. Claimed by what is there, never by counting: what
-- commits late is found late. Positions of one person's changes follow their versions: both are given under the person's
-- lock.
create table change_to_tell (
  position bigint generated always as identity primary key,
  change_event_id uuid not null unique references change_event (id)
);

create function queue_change() returns trigger language plpgsql as $$
begin
  if exists (select from subscription where status <> 'off') then
    insert into change_to_tell (change_event_id) values (new.id);
    perform pg_notify('chesil_work', 'deliveries');
  end if;
  return null;
end $$;

-- Versions are written in several places; this holds for all of them.
create trigger change_event_to_tell after insert on change_event
  for each row execute function queue_change();

create table delivery (
  id uuid primary key,
  -- In the order in which changes of one subject came about.
  position bigint generated always as identity,
  subscription_id uuid not null references subscription (id),
  kind text not null check (kind in ('handshake', 'heartbeat', 'event')),
  -- Of an event.
  change_event_id uuid references change_event (id),
  subject_id uuid,
  patient_id uuid,
  version bigint,
  -- Given when it is first sent: what may not be told has none.
  number bigint,
  -- queued: behind another one of its subject.
  state text not null default 'waiting' check (state in ('queued', 'waiting', 'delivered', 'withheld', 'dead')),
  is_redelivery boolean not null default false,
  attempt integer not null default 0,
  next_attempt_at timestamptz not null,
  lease_until timestamptz,
  -- HTTP status, and a code of ours.
  last_status integer,
  last_reason text,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  unique (subscription_id, change_event_id),
  unique (subscription_id, number)
);
create index delivery_due on delivery (subscription_id, is_redelivery, next_attempt_at) where state = 'waiting';
create index delivery_waiting on delivery (subscription_id, subject_id) where state = 'waiting';
-- A subscriber is asked once whether it is there.
create unique index delivery_asking on delivery (subscription_id, kind) where state = 'waiting' and kind <> 'event';
create index delivery_queued on delivery (subscription_id, subject_id, position) where state = 'queued';
create index delivery_listed on delivery (subscription_id, position);

-- What staff did for or to a partner: of what, and who decided so.
create table operator_action (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  by text not null,
  action text not null,
  partner_id text references partner (id),
  -- An id of ours, or a number of events.
  target text
);
create index operator_action_partner on operator_action (partner_id, id);

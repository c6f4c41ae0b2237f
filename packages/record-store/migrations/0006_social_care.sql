-- Up Migration

-- Each adapter looks for messages of its own.
drop index inbox_message_acute_to_do;
create index inbox_message_acute_to_do on inbox_message (received_at)
  where state = 'received' and companion_of is null
    and not interface like 'gp-connect-%' and not interface like 'social-care-%';
create index inbox_message_social_care_to_do on inbox_message (received_at)
  where state = 'received' and companion_of is null and interface like 'social-care-%';

-- At which attempt part of the work was last done: what counts are the attempts since.
alter table inbox_message add column progress_attempt integer not null default 0;

-- Client Level Data: a file is one submission of a council -------------------------------------------

create table submission (
  id uuid primary key references inbox_message (id),
  source_id text not null,
  -- Which came after which: of two for one period the later counts.
  sequence integer not null,
  -- ISO dates; both days are in it.
  period_start text not null,
  period_end text not null,
  -- Its report as JSON: see docs/social-care.md.
  report jsonb not null,
  -- Persons whose contributions are settled: the last one's key, and how many parts there are.
  settled_key text,
  part_count integer not null default 0,
  unique (source_id, sequence)
);
comment on table submission is 'A file of Client Level Data that was taken whole; its state is that of its inbox_message.';

-- The file as it came.
create table submission_chunk (
  submission_id uuid not null references submission (id) deferrable initially deferred,
  number integer not null,
  bytes bytea not null,
  primary key (submission_id, number)
);
-- Most are compressed already.
alter table submission_chunk alter column bytes set storage external;

-- What a submission says of one person.
create table submission_person (
  source_id text not null,
  -- The council's number of the person, or the NHS number that it claims: see cld/person-key.ts.
  person_key text not null,
  submission_id uuid not null references submission (id),
  -- CldRow as JSON, a line each, in the order of the file; empty once the person's record is closed.
  rows text not null,
  primary key (source_id, person_key, submission_id)
);

-- What was last settled of a person, from all submissions up to one.
create table council_person (
  source_id text not null,
  person_key text not null,
  sequence integer not null,
  content_hash text not null,
  -- Whose record the key makes: the sender's own.
  patient_id uuid not null,
  primary key (source_id, person_key)
);
create index council_person_patient on council_person (patient_id);

-- Of what names nobody, as councils' extracts: by the gender it may be told who is meant.
alter table identity_claim add column gender text;
do $$
declare named text;
begin
  select conname into named from pg_constraint where conrelid = 'identity_claim'::regclass and contype = 'u';
  execute format('alter table identity_claim drop constraint %I', named);
end $$;
alter table identity_claim
  add constraint identity_claim_said unique nulls not distinct (home_patient_id, nhs_number, birth_date, family, given, gender);

-- A notice is answered by the id that its sender gave it.
create index inbox_message_notice on inbox_message (control_id) where interface = 'social-care-adw';

-- Up Migration

-- How a source has its own patient also where its message names no NHS number: of two people under one of its numbers,
-- one may come so, and the other with a number that PDS confirms.
alter table identity_claim alter column nhs_number drop not null;
alter table identity_claim drop constraint identity_claim_verdict_check;
alter table identity_claim add constraint identity_claim_verdict_check check (
  verdict in ('untraced', 'agrees', 'twin', 'differs', 'insufficient', 'closed', 'not-found', 'no-number'));

-- A message that is refused after all takes back what it had kept out.
create index quarantine_message on quarantine (inbox_message_id) where closed_at is null;

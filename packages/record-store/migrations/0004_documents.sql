-- Up Migration

-- Files that came with messages: each content once, whoever sent it and however often.
create table document (
  -- SHA-256 of the bytes, in base64url.
  hash text primary key,
  bytes bytea not null,
  size integer not null,
  first_seen timestamptz not null default now()
);
-- Compressed it could not be read by the piece; most files are compressed already.
alter table document alter column bytes set storage external;

-- Which of several contents a Binary means now says its entry, by the source's order.
create table document_use (
  -- Of the Binary that stands for it in somebody's record.
  resource_id uuid not null,
  hash text not null references document (hash),
  source_id text not null,
  -- As the source said.
  content_type text not null,
  saved_at timestamptz not null default now(),
  primary key (resource_id, hash)
);
comment on table document_use is
  'What a Binary held at any time. Whose it is says source_resource_owner; what is shown says view_entry.';
create index document_use_hash on document_use (hash);
create index document_use_saved on document_use (saved_at);

-- Up Migration

-- Whose an item is that its source pushes: a deletion does not say so, and of two versions the later one counts,
-- whichever comes first.
create table pushed_item (
  source_id text not null,
  -- As the source names it, e.g. `Observation/o1`
  item text not null,
  -- Of the source's number for the person; both empty: it is nobody's any more.
  system text not null,
  value text not null,
  -- The first and the last version that said so, by the source's order.
  first_time timestamptz not null,
  first_sequence integer not null,
  last_time timestamptz not null,
  last_sequence integer not null,
  primary key (source_id, item, system, value)
);

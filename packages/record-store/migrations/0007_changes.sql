-- Up Migration

-- As of when its source said what a version brought: a later version of an earlier time is late data.
-- Absent for what no source said, and for versions of before this column.
alter table patient_version add column source_time timestamptz;

-- Since when, without a break, the last that a source said of a section was all of it: from then on it speaks for
-- the section in place of a former practice, and what that practice said there is shown no more.
alter table source_section add column covered_since timestamptz;

create function keep_covered_since() returns trigger language plpgsql as $$
begin
  new.covered_since := case
    when new.covered_time is distinct from new.stated_time then null
    when new.warnings @> '[{"code": "data-in-transit"}]' then null
    when tg_op = 'UPDATE' then coalesce(old.covered_since, clock_timestamp())
    else clock_timestamp() end;
  return new;
end $$;

-- Sections are written in several places; this holds for all of them.
create trigger source_section_covered_since before insert or update on source_section
  for each row execute function keep_covered_since();

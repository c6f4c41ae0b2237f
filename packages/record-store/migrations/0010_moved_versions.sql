-- Up Migration

-- When items last came to a person from another, or left them for one: read with every answer about the person.
create index patient_version_moved on patient_version (patient_id, version) where cause in ('merge', 'unmerge');

-- What a reader was shown is told by the version id of an answer: see `showing` in record-api.
drop trigger source_section_covered_since on source_section;
drop function keep_covered_since();
alter table source_section drop column covered_since;

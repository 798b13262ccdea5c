-- An admin decides about deletions person by person. What they keep is not proposed again.
alter table absences add column deletion_rejected_at timestamptz;
comment on column absences.deletion_rejected_at is
    'since when an admin keeps the absence although its leave is gone; null: they do not, or the leave was back since';
create index absences_kept on absences (company_id) where deletion_rejected_at is not null and deleted_at is null;

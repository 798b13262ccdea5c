-- What archived people have in Optedo from today on waits for one decision.
alter table absences add column deletion_requested_at timestamptz;
comment on column absences.deletion_requested_at is
    'when an admin decided to delete the absence: of an archived person too, and within sync.max_deletions';

-- Who ignored the item about an archived person wanted these absences to stay, and is not asked again.
update absences a set deletion_rejected_at = i.ignored_at
from attention i, people p
where i.kind = 'unmatched_person' and i.cause ->> 'case' = 'archived' and i.resolved_at is null and i.ignored_at is not null
    and i.subject_id = a.person_id::text and a.deleted_at is null
    and p.company_id = a.company_id and p.person_id = a.person_id and p.archived;

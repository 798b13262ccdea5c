-- The verdict of the status document counts the absences of the window whenever somebody looks.
create index absences_by_day on absences (company_id, date) where deleted_at is null;

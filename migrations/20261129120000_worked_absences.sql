-- Leave that becomes worked time is deleted in Optedo; worked time whose mapping was removed stays. What the event was when
-- it was written tells the two apart.
alter table absences add column worked boolean;
comment on column absences.worked is 'whether the event was worked time when it was last right in Optedo; null: not known yet';

### The texts of the settings page and of notifications. CONTRIBUTING.md says how to add one.

## The frame of every page, words that several tabs use, and errors

where-it-is = Settings – Integrations
heading = HR integration: Officient
skip-to-content = Skip to content
pages = Pages
language = Language

tab-connection = Connection
tab-attention = Needs attention
tab-people = People
tab-leave-types = Leave types
tab-history = History
tab-settings = Settings
tab-preview = Preview
open-items =
    { $count ->
        [one] 1 open item
       *[other] { $count } open items
    }

sign-in-heading = Sign in
password = Password
your-name = Your name (optional)
why-your-name = It shows your colleagues who made the connection.
sign-in = Sign in
sign-out = Sign out

copy = Copy
copied = Copied
save = Save
save-without-effect = Save right away
show = Show
all = All
previous-page = Previous
next-page = Next
page-number = Page { $page }
page-of = Page { $page } of { $pages }
never = never
all-day = all day
not-connected-yet = There is no connection with Officient yet. Make it on the Connection tab.
stale-since = Optedo or Officient did not answer. This is how it was at { $at }.
upstream-silent = Optedo or Officient does not answer at the moment. Try again in a few minutes.
first-name = First name
last-name = Last name
description = Description
in-officient = In Officient
in-optedo = In Optedo

verdict-up-to-date = All is up to date: { $present } of { $expected } absences are in Optedo, compared on { $at }.
verdict-first-comparison = Not everybody was compared yet.
verdict-waiting =
    { $count ->
        [one] Behind: 1 person or webhook waits, since { $since }.
       *[other] Behind: { $count } people or webhooks wait, since { $since }.
    }
verdict-behind = Behind: { $present } of { $expected } absences are in Optedo, and not everybody was compared since { $at }.
verdict-action-required =
    { $count ->
        [one] 1 item waits for you: { $present } of { $expected } absences are in Optedo.
       *[other] { $count } items wait for you: { $present } of { $expected } absences are in Optedo.
    }
verdict-failing = Officient or Optedo has not worked as it should for a while. We keep trying; nothing is lost.
verdict-paused = Nothing is written to Optedo now.

error-heading = That did not work
error-outdated-page = The page was open for too long or was called from another site. Go back, reload it and try again.
error-nothing-here = There is nothing here.
error-invalid-input = What you filled in cannot be saved. Go back and check it.
error-not-connected = This needs a working connection with Officient. Sign in on the Connection tab.
error-upstream = Officient or Optedo could not be asked. Try again later.
error-changed-meanwhile = Optedo was changed again meanwhile. Nothing was overwritten. Go back and look at the difference once more.
error =
    { $kind ->
        [unauthorized] { error-outdated-page }
        [invalid-csrf-token] { error-outdated-page }
        [not-found] { error-nothing-here }
        [method-not-allowed] { error-nothing-here }
        [invalid-request] { error-invalid-input }
        [invalid-field] { error-invalid-input }
        [payload-too-large] { error-invalid-input }
        [too-many-attempts] { error-invalid-input }
        [not-connected] { error-not-connected }
        [credentials-missing] { error-not-connected }
        [credentials-configured] { error-not-connected }
        [user-inactive] That user is inactive in Optedo. Choose another one, or activate the user in Optedo.
        [user-taken] That user belongs to somebody else. Choose another user, or change that person first.
        [configured-by-operator] The service’s configuration sets this. Ask Optedo to change it there.
        [notifications-off] There is nobody to send to. Fill in a mail address on the tab Settings.
        [officient-unavailable] { error-upstream }
        [optedo-unavailable] { error-upstream }
        [changed-meanwhile] { error-changed-meanwhile }
        [nothing-to-decide] There is nothing left to decide. Look again under ‘Needs attention’.
        [database-unavailable] The service is not available for a moment. Nothing is lost. Try again in a minute.
       *[internal-error] Something went wrong inside the service. If it stays so, tell Optedo.
    }
back-to-page = Back to the connection

## The tab of the connection: setting up, the state at a glance, webhooks

setup-heading = Make the connection
setup-intro = With the connection, absences from Officient stand in Optedo at once. Nothing ever goes back: changes in Optedo have no effect in Officient.
register-heading = Register an app in Officient
open-developer-page = Open Officient’s developer page
new-window = new window
register-text = and register a new app with these details:
app-name = Name
redirect-url = Redirect URL
permissions = Permissions
read-access = read access:
write-access = write access:
no-other-permission = Nothing else is needed.
credentials-heading = Fill in Client ID and Secret
credentials-text = Officient shows them as soon as the app is made.
replace-credentials = Replace Client ID and Secret
secret-kept = The Secret is kept and never shown again. Fill it in only to replace it.
credentials-fixed = Client ID and Secret are fixed in the service’s configuration.
login-heading = Sign in and grant access
registration-again = See or replace the registration, Client ID and Secret
login-text = You come to Officient’s sign-in page. Sign in there and grant access (‘Geef toegang’); then you come back here.
login-button = Sign in to Officient
preview-first = Show a preview first; write nothing to Optedo yet
names-text = First and last name must be exactly equal in Officient and Optedo, capitals included. A leave type gets, in Officient under Verloftypes – Geavanceerd, the description of the absence type in Optedo; that field appears only once the connection is there. What is not right yet is then under ‘Needs attention’.

connection-heading = Connection
connected = Connected
paused = Connected, but nothing is written yet
disconnected = Not connected
reauthorization-required = Sign in again
reauthorization-text = Officient no longer accepts the connection. Sign in again; what arrives meanwhile is kept and dealt with afterwards.
company = Company in Officient
connected-since = Connected since
connected-by = by { $name }
disconnect-heading = Stop the connection
disconnect = Disconnect
disconnect-text = Disconnecting stops the connection: our webhooks at Officient are removed and the access is forgotten. The absences that are in Optedo stay there. Client ID and Secret are kept.
start-writing = Start writing
paused-text = Look at the preview first. If it is right, start: from then on absences appear in Optedo. Until then everything that Officient announces is kept.
see-preview = To the preview
is-paused = Paused
paused-since = Paused since { $at }.
pause = Pause
pause-text = During a pause, nothing is written to Optedo. What Officient announces is stored, and caught up with afterwards.
resume = Resume

state-heading = State
last-webhook = Last webhook from Officient
last-sync = Everybody last checked
absences-written = Absences in Optedo
waiting = Waiting
retrying =
    { $count ->
        [one] 1 of them to be tried again
       *[other] { $count } of them to be tried again
    }
nothing-waits = nothing
syncing = Everybody is being checked
people-done = { $done } of { $total } people
time-left = about { $text } left
seconds =
    { $count ->
        [one] 1 second
       *[other] { $count } seconds
    }
minutes =
    { $count ->
        [one] 1 minute
       *[other] { $count } minutes
    }
hours =
    { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }
days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }
why-so-long = Officient allows { $calls } calls in { $seconds } seconds.
sync-now = Check everybody now

advanced-heading = Advanced
webhooks-heading = Webhooks
webhooks-text = With these Officient tells at once when something changes. Without webhooks, changes arrive only when everybody is checked.
event = Event
state = State
webhook-state =
    { $state ->
        [registered] registered
        [refused] refused by Officient
       *[missing] not registered yet
    }
change-events = Change the event names
events-label = Event names, one a line
events-text = Officient does not publish the names of its calendar events. You find them in Officient under Settings – Integrations – Webhooks.
webhook-address = Webhook address
webhook-address-text = This address is secret: whoever knows it can send webhooks. Paste it in Officient under Settings – Integrations – Webhooks.
rotate-webhook-token = Replace the webhook address
rotate-webhook-token-text = Does somebody know the address who should not? Then replace it. Officient gets the new one at once; the old one works until then.
show-webhook-address = Show the webhook address, for setting it up by hand

## Attention items: why something is not in Optedo, and what to do about it

attention-heading = Needs attention
attention-intro = What is listed here did not, or not entirely, get into Optedo. An item disappears by itself as soon as its cause is gone.
nothing-open = Nothing. All that should be in Optedo is there.
nothing-open-yet = Nothing yet, but not everybody was checked.
nothing-ignored = Nothing is ignored.
nothing-resolved = Nothing was resolved yet.
item-state =
    { $state ->
        [open] Open
        [ignored] Ignored
       *[resolved] Resolved
    }
all-items =
    { $count ->
        [one] Show the open item
       *[other] Show all { $count } open items
    }
people-waiting =
    { $count ->
        [one] 1 person waits for this.
       *[other] { $count } people wait for this.
    }
items-waiting =
    { $count ->
        [one] 1 absence waits for this.
       *[other] { $count } absences wait for this.
    }
since = Since
resolved-at = Resolved at
retry = Try again
decide-delete =
    { $kind ->
        [archived_people] Delete
       *[deletions_held] Allow
    }
decide-keep =
    { $kind ->
        [archived_people] Leave them
       *[deletions_held] Keep
    }
decide-delete-all =
    { $kind ->
        [archived_people] Delete all
       *[deletions_held] Allow all
    }
decide-keep-all =
    { $kind ->
        [archived_people] Leave all of them
       *[deletions_held] Keep all
    }
absences-in-month =
    { $count ->
        [one] { $month }: 1 absence
       *[other] { $month }: { $count } absences
    }
more-people =
    { $count ->
        [one] And 1 more person, who appears when you have decided about others.
       *[other] And { $count } more people, who appear when you have decided about others.
    }
kept-heading = Kept in Optedo
kept-text = These absences are no longer in Officient. Somebody chose to leave them in Optedo, so their deletion is no longer proposed. When they are in Officient again, they leave this list.
delete-after-all = Delete after all
ignore = Ignore
ignore-text = Ignoring takes this item off the list. What waits for it does not get into Optedo while its cause exists. What is in Optedo already stays there. You find the item again under ‘Ignored’.
follow-again = Follow again
what-to-do = What to do:
retry-outcome = Tried again at { $at }: { $resolved } resolved, { $open } not resolved yet, { $waiting } still to be looked at.
more-days = and { $count } more
last-looked-at = last looked at
this-item = for { $subject }

attention-kind =
    { $kind ->
        [unmatched_person] Person
        [ambiguous_person] Person
        [unmapped_leave_type] Leave type
        [ambiguous_leave_type] Leave type
        [invalid_event] Absence
        [rejected_by_optedo] Absence
        [archived_people] People
        [deletions_held] Absence
        [webhook_refused] Connection
        [webhooks_silent] Connection
        [reauthorization_required] Connection
        [optedo_unauthorized] Connection
        [officient_failing] Connection
        [optedo_failing] Connection
        [paused] Connection
        [differs_in_optedo] Person
        [link_broken] Person
       *[person_failing] Person
    }

attention-title =
    { $kind ->
        [archived_people] Archived, with absences in the future
        [deletions_held] Many deletions at once
        [webhooks_silent] Webhooks from Officient do not arrive
        [reauthorization_required] Sign-in to Officient expired
        [optedo_unauthorized] Optedo refuses this service
        [officient_failing] Officient does not work
        [optedo_failing] Optedo does not work
        [paused] The connection is paused
       *[other] Officient
    }

cause-no-such-user = No active user in Optedo has exactly this first and last name.
cause-archived = People who are archived or deleted in Officient still have absences in Optedo from today on. These stay until somebody decides.
cause-several-users = In Optedo { $count } active users are called exactly so. The absences are written to nobody.
cause-several-people = In Officient { $count } people are called exactly so. The absences are written to nobody.
cause-no-such-type = No absence type in Optedo has exactly this description.
cause-several-types = In Optedo { $count } absence types have exactly this description.
cause-rejected = Optedo does not accept an absence of this person: { $message }
cause-differs-in-optedo =
    { $count ->
        [one] 1 absence in Optedo is not as Officient says, or was deleted there.
       *[other] { $count } absences in Optedo are not as Officient says, or were deleted there.
    }
cause-deletions-held =
    { $count ->
        [one] 1 absence would be deleted from Optedo, because it is no longer in Officient.
       *[other] { $count } absences would be deleted from Optedo, because they are no longer in Officient. That is more than usual at once.
    }
cause-webhook-refused = Officient does not know this event. Changes that it would announce arrive only when everybody is checked.
cause-webhooks-silent = On checking, leave had changed without Officient having announced it. Changes now arrive late in Optedo.
cause-optedo-unauthorized = Optedo does not accept this service’s key. Everything waits meanwhile; nothing is lost.
technical-cause = Technical cause: { $error }.
event-fault =
    { $fault ->
        [date] An absence in Officient has no date that we understand, or is listed under another day.
        [type] An absence in Officient has a “type” that we do not understand.
        [status] An absence in Officient has a “status” that we do not understand.
        [duration] An absence in Officient has no duration, or one of more than a day.
        [start] An absence in Officient has a start that cannot be on that day.
        [scheduled] An absence in Officient is on a day whose scheduled working time we do not understand.
        [working] An absence in Officient does not say in a way that we understand whether the time is worked (“working”).
        [name] An absence in Officient has a name that we do not understand.
        [leave_type] An absence in Officient has a leave type whose field for Optedo we do not understand.
        [listed_twice] An absence in Officient is listed twice, with different content.
       *[entry] An absence in Officient has no id that we understand. Until then, nothing of this person is deleted.
    }
on-day = Day: { $day }.

remedy =
    { $kind ->
        [unmatched_person] This person does not exist in Optedo: add the user there with exactly this name, link this person by hand, or choose ‘Does not belong in the planning’.
        [ambiguous_person] Look in Optedo which user this person is, and link that user.
        [unmapped_leave_type] Choose an absence type, here or on the tab Leave types, or “Do not copy”. Or fill in Optedo’s description in Officient, under Instellingen – Verloftypes, tab Geavanceerd.
        [ambiguous_leave_type] Choose which absence type it is, here or on the tab Leave types, or give each absence type in Optedo its own description.
        [invalid_event] Open this person’s calendar in Officient, delete the absence and add it again.
        [rejected_by_optedo] Remove the cause in Optedo, for instance an absence that overlaps, and try again.
        [archived_people] Choose Delete if these people no longer work here, and otherwise Leave them: then nobody is asked again. You can choose for each person. What is past always stays. A person who is no longer archived in Officient disappears from here.
        [deletions_held] If that is right, choose Allow: they are deleted. If not, choose Keep: they stay in Optedo, until they are back in Officient and disappear there again. You can choose for each person. If the same absences come back in Officient, this item disappears by itself.
        [webhook_refused] Ask Officient for the right name and fill it in under Connection – Advanced, or remove the name there.
        [webhooks_silent] Check the names of the events under Connection – Advanced, or set up the webhook address by hand at Officient.
        [reauthorization_required] Click ‘Sign in to Officient’ on the Connection tab. Nothing is lost meanwhile.
        [optedo_unauthorized] Tell Optedo: the key (optedo.api_token) must be renewed.
        [officient_failing] See whether Officient itself works. Nothing is lost, and what waits is done by itself afterwards. If it lasts longer than a day, tell Optedo.
        [optedo_failing] Tell Optedo. Nothing is lost, and what waits is done by itself afterwards.
        [paused] Click Resume at the top. Everything that Officient announced meanwhile is then caught up with.
        [differs_in_optedo] See under Differences what differs, and choose for each day: restore or leave it.
        [link_broken] Choose another user for this person, or let the name decide again.
       *[person_failing] Open this person in Officient and in Optedo, and see whether something odd is there. If it stays so, tell Optedo.
    }
open-in-officient = Open in Officient
open-user = Open user { $user } in Optedo
link-with-user = Link with user { $user } ({ $name })
exclude-person = Does not belong in the planning
exclude-type = Do not copy
name-with-number = { $name } (number { $id } in Officient)
description-looked-for = Looked for: ‘{ $description }’.
edit-activate = Activate user { $user } in Optedo, or choose ‘Does not belong in the planning’ if this person is not planned.
edit-first-name = In Optedo, change the first name of user { $user } to ‘{ $first }’.
edit-last-name = In Optedo, change the last name of user { $user } to ‘{ $last }’.
edit-both-names = In Optedo, change the first name of user { $user } to ‘{ $first }’ and the last name to ‘{ $last }’.
names-list = List for HR (CSV): names that differ
column-person = Number in Officient
column-user = Number in Optedo
column-edit = What to change
remedy-inactive = Make the user active in Optedo, or choose “Does not belong in the planning” if this person is not planned.
remedy-built-in-type = This type is built into Officient and has no field for Optedo there. Choose an absence type, here or on the tab Leave types, or “Do not copy”.
remedy-fixed-type = This type is fixed in the service’s configuration. Create an absence type with exactly this description in Optedo, or ask Optedo to change the configuration.

difference-first-letter = The first letter differs: ‘{ $ours }’ in Officient, ‘{ $theirs }’ in Optedo.
difference =
    { $difference ->
        [case] Upper and lower case differ.
        [spaces] The spaces differ: there is one too many or too few, or one before or after.
        [accents] The accents differ.
        [unicode_form] It looks the same but is made of other characters (Unicode): a letter with its accent as one character or as two. Type the name again in one place.
        [swapped] First and last name are swapped.
        [several] Capitals, spaces, accents or punctuation differ.
        [inactive] The user with this name exists in Optedo but is not active.
        [linked] A user with this name is linked by hand to somebody else.
       *[insertion] The insertion is in a field of its own in Officient, and in the last name in Optedo.
    }
difference-insertion = In Officient, ‘{ $insertion }’ is an insertion of its own; in Optedo it is part of the last name.
difference-parts = The whole name is the same, but first and last name are divided differently.

## The tab of differences: what somebody changed in Optedo

differences-heading = Differences
differences-intro = Absences that somebody changed or deleted in Optedo, although they did not change in Officient. Restoring writes what Officient says; leaving it as it is holds until the absence changes in Officient.
last-audit = Last check:
audit-now = Check now
audit-under-way = The check is under way.
audit-failed =
    { $count ->
        [one] 1 person could not be compared.
       *[other] { $count } people could not be compared.
    }
no-audit-yet = Nothing was checked yet.
no-differences = No differences.
no-decided-differences = Nothing.
difference-state =
    { $state ->
        [open] Open
        [kept] Left as they are
       *[resolved] Resolved
    }
what-differs = Difference
decision = Decision
difference-kind =
    { $kind ->
        [missing] deleted in Optedo
        [changed] changed in Optedo
       *[unexplained] is not in Officient
    }
other-type = Another absence type
user-number = User { $id }
nothing-there = Nothing
restore =
    { $kind ->
        [unexplained] Delete
        [missing] Restore
       *[changed] Restore
    }
keep = Leave it
restore-all = Restore all
keep-all = Leave all
kept-at = Left as it is on

## The tabs that are lists: people, leave types, history, preview, audit log

people-heading = People
people-intro = Who in Officient is which user in Optedo. First and last name must be exactly equal; where they cannot be, link by hand.
search-name = Search a name
filter = Filter
people-found =
    { $count ->
        [one] 1 person
       *[other] { $count } people
    }
nobody-found = Nobody found.
person = Person
in-optedo-as = User in Optedo
last-checked = Last checked
match-state =
    { $state ->
        [matched] matched
        [unmatched] no user
        [ambiguous] name twice
        [archived] archived
        [linked] linked by hand
        [excluded] does not belong in the planning
       *[unknown] not read yet
    }
failing = failed
name-unknown = Person { $id }
leave-waiting =
    { $count ->
        [one] 1 absence waits
       *[other] { $count } absences wait
    }
history-of-person = History
sync-person = Check now
day-by-day = Leave, day by day
days-intro = What happens to each day of leave and why, as it is in Officient now.
days-unreadable = The leave could not be read.
days-undated =
    { $count ->
        [one] 1 absence in Officient has no day that we understand. It is listed under “Needs attention”.
       *[other] { $count } absences in Officient have no day that we understand. They are listed under “Needs attention”.
    }
matched-user = User { $id }, with exactly the same name
linked-user = User { $id }, linked by hand
absences-listed =
    { $count ->
        [one] 1 absence in this period
       *[other] { $count } absences in this period
    }
window = Period
months = Months
no-leave = No leave in this month.
announced = Announced on
written = Written on
type-found = Absence type found
type-not-found = No absence type found
day-stays = What is in Optedo stays there.
weekday =
    { $day ->
        [mon] Mo
        [tue] Tu
        [wed] We
        [thu] Th
        [fri] Fr
        [sat] Sa
       *[sun] Su
    }
day-state =
    { $state ->
        [in_optedo] in Optedo
        [to_be_written] will be written
        [waiting] waiting
        [left_out] left out
        [held] deletion waits for confirmation
        [differs] differs in Optedo
       *[to_be_deleted] will be deleted
    }
day-reason =
    { $reason ->
        [not_approved] not approved yet, or declined
        [not_time_off] overtime or another kind without absence
        [worked] time that is worked
        [excluded_type] leave type is not copied
        [outside_window] outside the period
        [unmatched_person] for a user with exactly this name
        [ambiguous_person] for a name that occurs only once
        [unmapped_leave_type] for an absence type with the right description
        [ambiguous_leave_type] for a description that occurs only once
        [invalid_event] for data in Officient that we understand
        [rejected_by_optedo] because Optedo refused the absence
        [archived_people] for your decision: this person is archived in Officient
        [excluded_person] does not belong in the planning
        [link_broken] for a new choice: the linked user no longer exists
       *[deletions_held] for deletions that are not confirmed yet
    }

link-with = Link with…
choose = Choose…
choice-names = The name decides
choice-exclude-person = Does not belong in the planning; what is in Optedo stays
choice-exclude-person-delete = Does not belong in the planning; delete what is in Optedo
person-choice-intro = Choose the user in Optedo who is this person. A link by hand stays when somebody’s name changes. The list shows only users who belong to nobody else.
person-archived = This person is archived in Officient. There is nothing to link.
linked-at = Linked by hand with user { $id } on { $at }
excluded-at = Does not belong in the planning, chosen on { $at }
effect-heading = What changes
effect-waiting =
    { $count ->
        [one] 1 absence still waits then.
       *[other] { $count } absences still wait then.
    }
effect-unknown = What changes could not be computed: Officient or Optedo does not answer. You can save all the same.
cause-linked-user-gone = User { $id }, linked by hand with this person, no longer exists in Optedo.
cause-linked-person-gone = This person no longer exists in Officient. The link with user { $id } ended; what is in Optedo stays.
remedy-linked = If two people have this name, link this person with another user. If the other link is wrong, change that one.
remedy-linked-person-gone = Nothing needs to be done. Click ‘Ignore’ once you have seen this.

leave-types-heading = Leave types
leave-types-intro = Which leave type in Officient is which absence type in Optedo. Choose here or in Officient; what is chosen here goes first.
leave-type = Leave type in Officient
looked-for = Description looked for
absence-type = Absence type in Optedo
mapping-state =
    { $state ->
        [mapped] mapped
        [unmapped] not found
        [excluded] not copied
        [unknown] looked for day by day
       *[ambiguous] more than one
    }
origin-field = filled in under Geavanceerd
origin-name = the type’s name
origin-configuration = from the service’s configuration
cause-unmapped-next-year = From { $year } on, no absence type in Optedo has exactly this description. This leave type is used now.
cause-chosen-type-gone = The chosen absence type no longer exists in Optedo.
remedy-chosen-type-gone = Choose another absence type, here or on the tab Leave types.
year = Year
cancel = Cancel
choice = Choice
choice-for = Choice for { $name }
choice-officient = As in Officient
choice-exclude = Do not copy; keep what is in Optedo
choice-exclude-delete = Do not copy; delete what is in Optedo
show-effect = Show what changes
chosen-at = Chosen on { $at }
chosen-by = by { $name }
choice-overrules = Something else is filled in in Officient. The choice here goes first.
neutral-type = Tip: choose a neutral type, which does not say why the person is absent. Whoever plans then does not see that somebody is ill: that is health data.
fixed-by-operator = Set in the service’s configuration
proposed-absence-type = { $name } becomes { $type } in Optedo
proposed-exclusion = { $name } is not copied; what is in Optedo stays
proposed-exclusion-with-deletions = { $name } is not copied; what is in Optedo is deleted
proposed-officient = { $name } as in Officient
proposal-intro = Nothing is saved yet. The preview below shows what changes in Optedo if you save this choice.
effect = { $changed } { $changed ->
        [one] absence changes
       *[other] absences change
    }, { $deleted } { $deleted ->
        [one] disappears
       *[other] disappear
    }, { $created } { $created ->
        [one] appears
       *[other] appear
    }.
fix-heading = Map a leave type
fix-step-1 = Open Officient and go to Instellingen – Verloftypes.
fix-step-2 = Click the leave type and choose the tab Geavanceerd.
fix-step-3 = Fill in one of these descriptions in Optedo’s field, letter for letter:
fix-note = The field appears only once the connection is made.
sick-day = Sick day (built into Officient)
education = Training day (built into Officient)
origin-own-name = the name that Officient gives the day

history-heading = History
history-of-leave = What was written to Optedo
history-intro = What was written to Optedo when and why, and what failed. The newest is on top.
history-of = History of { $name }
everybodys-history = Everybody’s history
no-history = Nothing was written yet.
when = When
what = What
why = Why
absence = Absence
history-action =
    { $action ->
        [created] written
        [changed] changed
        [deleted] deleted
        [taken_over] was there, taken over
        [rejected] refused by Optedo
       *[failed] failed
    }
history-reason =
    { $reason ->
        [webhook] webhook
        [import] first import
        [sweep] periodic check
        [audit] check
       *[manual] by hand
    }

failure =
    { $kind ->
        [officient_unavailable] Officient did not answer. It is tried again by itself.
        [officient_busy] Officient got too many calls, from other apps too. It is tried again by itself.
        [officient_refused] Officient refused a call. Check the app’s permissions.
        [officient_unreadable] Officient gave an answer that cannot be understood. It is tried again by itself.
        [sign_in_needed] Somebody must sign in to Officient again.
        [optedo_unavailable] Optedo did not answer. It is tried again by itself.
        [optedo_refused] Optedo refused a call. It is tried again by itself; if it stays so, tell Optedo.
        [optedo_unauthorized] Optedo does not accept this service’s key.
       *[inside] It went wrong inside the service. It is tried again by itself.
    }

preview-heading = Preview
preview-intro = The preview shows what would change in Optedo if everybody were checked now, without writing anything. Useful before starting, or after names or types were changed.
make-preview = Make a preview
make-preview-again = Make a new preview
preview-under-way = The preview is being made
preview-of = As of { $at }.
preview-list =
    { $list ->
        [create] New
        [change] Changed
        [delete] Deleted
        [take_over] There already, taken over
        [skip] Skipped
       *[fail] Not read
    }
preview-unchanged = Right already
preview-nothing = Nothing.
preview-nobody-failed = Everybody could be read.
preview-failed-text = These people could not be read. Make the preview again later.

log-heading = Who did what
log-intro = Sign-ins and acts of administrators, the newest first. If you do not recognise something, replace the password.
no-log = Nothing has happened yet.
who = Who
session = Session
asked-from = From
act =
    { $act ->
        [connected] Connected to Officient
        [disconnected] Disconnected from Officient
        [credentials_changed] Client ID and Secret changed
        [webhook_token_rotated] Webhook address replaced
        [webhook_events_changed] Event names changed
        [person_linked] Person linked by hand
        [person_unlinked] Link by hand undone
        [person_excluded] Person does not belong in the planning
        [person_readmitted] Person belongs in the planning again
        [leave_type_mapped] Choice for a leave type changed
        [notifications_changed] Recipients or language of notifications changed
        [settings_changed] Settings changed
        [deletions_confirmed] Deletions confirmed
        [deletions_rejected] Absences kept
        [archived_deleted] Absences of archived people deleted
        [deletions_proposed] Kept absences deleted after all
        [paused] Paused
        [resumed] Resumed
        [differences_restored] Differences restored
        [differences_kept] Differences left as they are
        [signed_in] Signed in
        [sign_in_failed] Sign-in failed: wrong password
        [signed_out] Signed out
        [names_downloaded] List for HR downloaded
        [person_forgotten] Person forgotten
       *[person_exported] A person’s data exported
    }
log-word =
    { $word ->
        [company] company
        [user] user
        [person] person
        [people] person or people
        [deletions] absence(s)
        [differences] difference(s)
        [officient] as in Officient
        [absence_type] absence type
        [exclude] do not copy
        [keep] keep
        [delete] delete
        [ask] ask me
        [restore] restore
        [true] yes
        [false] no
        [auto] automatic
        [default] default
        [sick_day] sick day
        [education] education day
       *[other] -
    }
by-api = API
by-command = Command on the server
by-nobody = Unknown

## The tab of notifications

test-heading = Test the connection
test-outcome =
    { $outcome ->
        [ok] in order
        [warning] note
       *[problem] not in order
    }
test-done = done
test-waits = waiting…
test-check =
    { $check ->
        [officient] Officient can be reached
        [officient-connection] Signed in at Officient
        [officient-people] The list of people in Officient can be read
        [officient-person] The name of a person in Officient can be read
        [officient-calendar] The calendar of a person in Officient can be read
        [officient-requests] The requests in Officient can be read
        [officient-leave_types] The leave types in Officient can be read
        [officient-webhooks] Officient tells us about changes
        [optedo-users] The users in Optedo can be read
        [optedo-absence_types] The absence types in Optedo can be read
        [optedo-absences] The absences in Optedo can be read
        [people] Each person matches a user in Optedo
        [leave_types] Each leave type matches an absence type in Optedo
       *[writing] Absences are written to Optedo
    }
test-remedy =
    { $check ->
        [officient] Check whether Officient itself works, and try again later.
        [officient-connection] Sign in on the tab Connection.
        [officient-people] Check that the app in Officient has the permission ‘basic’ (read), and sign in again. If Officient does not respond now, try again later.
        [officient-person] Check that the app in Officient has the permission ‘personal info’ (read), and sign in again. If Officient does not respond now, try again later.
        [officient-calendar] Check that the app in Officient has the permission ‘calendar’ (read), and sign in again. If Officient does not respond now, try again later.
        [officient-requests] Check that the app in Officient has the permission ‘calendar’ (read), and sign in again. If Officient does not respond now, try again later.
        [officient-leave_types] Check that the app in Officient has the permission ‘calendar’ (read), and sign in again. If Officient does not respond now, try again later.
        [officient-webhooks] See under Connection – Advanced which event is not registered. What is missing is registered at the next check of everybody.
        [optedo-users] Contact Optedo.
        [optedo-absence_types] Contact Optedo.
        [optedo-absences] Contact Optedo.
        [people] See on the tab People who has no user yet. This is needed only for those who are planned.
        [leave_types] See on the tab Leave types which type has no absence type yet. This is needed only for leave that belongs in Optedo.
       *[writing] The connection is paused or not started yet: resume or start it first.
    }
test-instructions = Now add a day of leave for yourself in Officient, and approve it. Then delete it again. Below you see at once what comes of it.
test-webhook = Officient told us
test-person = The person is found in Optedo
test-type = The leave type is mapped
test-written = The absence is in Optedo
test-deleted = The absence has gone from Optedo again
test-stuck = This holds up the absence:
test-begin = Begin the test
test-again = Begin the test again
event-proven = proven on
event-never-seen = never seen yet

settings-heading = Settings
settings-intro = What you choose here applies to everybody. You first see what changes in Optedo, and only then save it.
setting =
    { $setting ->
        [includePending] Leave that is not yet approved
        [from] First day
        [until] Last day
        [defaultStart] Start of a part of a day
        [maxDeletions] Limit for deletions
        [onDifference] Differences with Optedo
       *[leavers] People who leave the company
    }
setting-text =
    { $setting ->
        [includePending] Requests that still wait for a decision.
        [from] What lies before this day is never written, changed or deleted.
        [until] What lies after this day is never written, changed or deleted.
        [defaultStart] When a part of a day begins, if Officient does not say.
        [maxDeletions] If there are more within ten minutes, they wait until you allow them.
        [onDifference] What happens when somebody changes or deletes an absence in Optedo. Optedo is compared every night.
       *[leavers] What happens to the absences from today on of people who are archived in Officient.
    }
setting-invalid =
    { $setting ->
        [from] First day: fill in a number of days or a date, at most ten years from today.
        [until] Last day: fill in a number of days or a date, at most ten years from today and not before the first day.
        [defaultStart] Start of a part of a day: fill in a time, for example 09:00.
        [maxDeletions] Limit for deletions: fill in a number, or leave the field empty.
       *[other] Choose one of the values.
    }
setting-choice =
    { $choice ->
        [includePending-true] Copy it too
        [includePending-false] Copy it once it is approved
        [onDifference-restore] Restore what Officient says
        [onDifference-ask] Ask me
        [leavers-keep] Leave them
        [leavers-delete] Delete them
       *[leavers-ask] Ask me
    }
automatic = Automatic
limit-automatic = Automatic: 15, or a tenth of the future absences if that is more
days-before-today = { $days } days before today
days-after-today = { $days } days after today
edge-days =
    { $setting ->
        [from] Days before today
       *[until] Days after today
    }
edge-date = Or a fixed date
default-value = Default: { $value }.
differences-to-restore =
    { $count ->
        [one] The next comparison restores 1 difference.
       *[other] The next comparison restores { $count } differences.
    }
always-so = Always do so from now on (to be changed under Settings)

notifications-heading = Notifications
notifications-intro = When the connection does not work, you get a message: one when it begins, one when the cause changes, and one when it is resolved. While something needs attention, you also get one overview a day. A message contains numbers, and never names or leave.
notification-state =
    { $state ->
        [off] No notifications are sent
        [ok] Notifications arrive
       *[failing] Notifications do not arrive
    }
notification-channel =
    { $channel ->
        [mail] Mail
       *[webhook] Webhook
    }
delivery-fault =
    { $fault ->
        [unreachable] there was no connection, or it broke off
        [insecure] there was no secure connection (TLS): the certificate is not trusted, or the server offers no TLS
        [timed_out] the server did not respond in time
        [unreadable] the response of the server is missing, cut off or cannot be understood
        [refused] the server refused the message
       *[redirected] the address redirects to another one, which is not followed
    }
message-tried-again = It is tried again by itself, until three days after the message. If it stays like this, tell Optedo.
message-given-up = It was tried for three days. This message will not be sent any more. Check the recipients, or tell Optedo, and then send a test message.
no-mail-server = Mail is not set up yet. Ask Optedo to set up a mail server.
no-recipients = There are no recipients yet, so no mail is sent. Fill in mail addresses below.
last-message = Last message sent
last-message-error = Last failed attempt
webhook-configured = set up by Optedo
webhook-not-configured = not set up
send-test-message = Send a test message
recipients-heading = Recipients and language
recipients-label = Mail addresses, one per line
recipients-text = At most 20. If you leave this empty, no mail is sent.
message-language = Language of the messages

## Notifications: mails, and messages to a webhook. They contain no names and no leave

incident-title =
    { $kind ->
        [differs_in_optedo] Somebody changed what was in Optedo
        [reauthorization_required] Sign-in to Officient expired
        [optedo_unauthorized] Optedo refuses the connection
        [officient_failing] Officient does not work
        [optedo_failing] Optedo does not work
        [deletions_held] Many deletions at once
        [webhooks_silent] Officient no longer announces changes
       *[webhook_refused] Officient refuses a webhook
    }
incident-text =
    { $kind ->
        [differs_in_optedo] The daily check found something else in Optedo than in Officient. You decide about each case under ‘Needs attention’, in the part ‘Differences’.
        [reauthorization_required] Officient no longer accepts the connection. Everything waits until somebody signs in again.
        [optedo_unauthorized] Optedo does not accept the key of this service. Until then, everything waits.
        [officient_failing] Officient cannot be read.
        [optedo_failing] Optedo cannot be read or written.
        [deletions_held] More absences than usual would disappear from Optedo, because they are no longer in Officient. This waits until somebody confirms it.
        [webhooks_silent] A check found that leave had changed without an announcement from Officient. Changes arrive too late in Optedo.
       *[webhook_refused] Officient does not know the name of an event. Changes that it would announce arrive too late in Optedo.
    }
incident-resolved = Resolved: { $title }
incident-lasted = It lasted { $text }. You need not do anything.
digest-title =
    { $count ->
        [one] 1 item needs attention
       *[other] { $count } items need attention
    }
digest-text = The page shows what is wrong and what you can do. This overview comes once a day, while anything is open.
test-message-title = Test message
test-message-text = This is a test of the notifications about the connection with Officient. You need not do anything.
items-of-kind =
    { $kind ->
        [differs_in_optedo] People with differences between Officient and Optedo
        [unmatched_person] People without a user in Optedo
        [ambiguous_person] Duplicate names
        [unmapped_leave_type] Leave types without an absence type
        [ambiguous_leave_type] Leave types with more than one absence type
        [invalid_event] Absences that we do not understand
        [rejected_by_optedo] Absences that Optedo refuses
        [archived_people] Archived people with absences in the future
        [deletions_held] Deletions that wait for confirmation
        [webhook_refused] Webhooks that Officient refuses
        [webhooks_silent] Officient no longer announces changes
        [reauthorization_required] Sign-in to Officient expired
        [optedo_unauthorized] Optedo refuses the connection
        [officient_failing] Officient does not work
        [optedo_failing] Optedo does not work
        [paused] Pause of more than a day
        [link_broken] Links that no longer exist
       *[person_failing] People who cannot be read or written
    }
message-open-items = What needs attention now:
message-page = The page of the connection:
message-why = You get this message because your address is on that page, under Settings. You can remove it there.

## The notice at the top of the page: what just happened, and what to do next

notice =
    { $notice ->
        [connected] The connection with Officient works. All absences are now taken over a first time.
        [already_resolved] This item has resolved itself meanwhile.
        [connected_paused] The connection with Officient works. Nothing is written to Optedo yet: a preview is made first.
        [disconnected] You are disconnected from Officient. The absences that are in Optedo stay there; Client ID and Secret are kept.
        [access_denied] You did not grant access in Officient, so nothing is connected. Click ‘Sign in to Officient’ again and grant access.
        [state_wrong] This sign-in has expired, was used already, or began in another browser. Nothing is connected. Click ‘Sign in to Officient’ again and finish within ten minutes.
        [code_refused] Officient did not accept the sign-in. Nothing is connected. Check that Client ID, Secret and Redirect URL are the same as in the app at Officient, and sign in again.
        [officient_unreachable] Officient could not be reached. Nothing is connected. Wait a few minutes, then sign in again.
        [officient_unreadable] Officient gave an answer that cannot be understood. Nothing is connected. Try again later; if it stays so, tell Optedo.
        [permission_missing] The app may not read the company’s data. Nothing is connected. Tick the app’s permissions in Officient (read: basic, personal info, webhooks, calendar; write: webhooks) and sign in again.
        [credentials_missing] Fill in Client ID and Secret first and save them.
        [unavailable] The service is not available for a moment. Nothing is lost. Try again in a minute.
       *[failed] Something went wrong inside the service. If it stays so, tell Optedo.
        [credentials_saved] Client ID and Secret are saved. Now click ‘Sign in to Officient’.
        [credentials_incomplete] Fill in both Client ID and Secret.
        [wrong_password] That password is wrong.
        [too_many_attempts] Too many wrong passwords. Wait a minute, then try again.
        [sync_started] Everybody is being checked now.
        [person_asked] This person is being checked now.
        [paused] Nothing is checked or written now. On the tab Connection, click ‘Start writing’ or ‘Resume’.
        [retrying] It is being tried again. If the cause is gone, the item disappears by itself.
        [deletions_confirmed] Confirmed: these absences are deleted from Optedo.
        [deletions_rejected] These absences stay in Optedo. You find them again under ‘Ignored’.
        [deletions_proposed] These absences are deleted from Optedo. If they are many at once, that needs attention first.
        [nothing_to_decide] There is nothing left to decide: somebody did already, or the leave is in Officient again.
        [ignored] This item is ignored. You find it again under ‘Ignored’.
        [followed] This item is followed again.
        [events_saved] The event names are saved.
        [events_invalid] Those names cannot be saved: each line is one name of at most 200 characters.
        [recipients_invalid] Nothing was saved. Each line is one mail address, such as hr@acme.be, and there are at most 20.
        [webhook_token_rotated] The webhook address was replaced; the old one no longer works. If you filled it in by hand in Officient, fill in the new one there.
        [webhook_token_rotating] There is a new webhook address, but Officient could not be told yet. The old one works until then; it is tried again by itself.
        [pause_began] The connection is paused. Nothing is written to Optedo until you resume.
        [resumed] Resumed. Everybody is being checked now.
        [audit_started] The check began. What differs appears here.
        [difference_restored] It is being restored. The difference disappears as soon as Optedo is up to date.
        [difference_changed] Optedo was changed again meanwhile. Nothing was overwritten; look at the difference once more.
        [difference_kept] This stays as it is until the absence changes in Officient.
        [person_choice_saved] The choice is saved. This person is checked now.
        [mapping_saved] The choice is saved. Everybody is checked now.
        [notifications_saved] The recipients and the language are saved.
        [settings_saved] The settings are saved.
        [test_message_requested] The test message is being sent.
    }

### The texts of the settings page and of notifications. CONTRIBUTING.md says how to add one.

## The frame of every page, words that several tabs use, and errors

where-it-is = Instellingen – Integraties
heading = HR-integratie: Officient
skip-to-content = Naar de inhoud
pages = Pagina’s
language = Taal

tab-connection = Koppeling
tab-attention = Vraagt aandacht
tab-people = Personen
tab-leave-types = Verloftypes
tab-history = Geschiedenis
tab-settings = Instellingen
tab-preview = Voorbeeld
open-items =
    { $count ->
        [one] 1 open punt
       *[other] { $count } open punten
    }

sign-in-heading = Aanmelden
password = Wachtwoord
your-name = Je naam (mag leeg blijven)
why-your-name = Zo zien je collega’s wie de koppeling maakte.
sign-in = Aanmelden
sign-out = Uitloggen

copy = Kopieer
copied = Gekopieerd
save = Bewaren
save-without-effect = Meteen bewaren
show = Tonen
all = Alle
previous-page = Vorige
next-page = Volgende
page-number = Pagina { $page }
page-of = Pagina { $page } van { $pages }
never = nog nooit
all-day = hele dag
not-connected-yet = Er is nog geen koppeling met Officient. Maak ze op het tabblad Koppeling.
stale-since = Optedo of Officient antwoordde niet. Dit is de stand van { $at }.
upstream-silent = Optedo of Officient antwoordt nu niet. Probeer het over enkele minuten opnieuw.
first-name = Voornaam
last-name = Achternaam
description = Omschrijving
in-officient = In Officient
in-optedo = In Optedo

verdict-up-to-date = Alles is bij: { $present } van { $expected } afwezigheden staan in Optedo, vergeleken op { $at }.
verdict-first-comparison = Nog niet iedereen is vergeleken.
verdict-waiting =
    { $count ->
        [one] Loopt achter: 1 persoon of melding wacht, sinds { $since }.
       *[other] Loopt achter: { $count } personen of meldingen wachten, sinds { $since }.
    }
verdict-behind = Loopt achter: { $present } van { $expected } afwezigheden staan in Optedo, en niet iedereen is vergeleken sinds { $at }.
verdict-action-required =
    { $count ->
        [one] 1 punt wacht op jou: { $present } van { $expected } afwezigheden staan in Optedo.
       *[other] { $count } punten wachten op jou: { $present } van { $expected } afwezigheden staan in Optedo.
    }
verdict-failing = Officient of Optedo werkt al een tijd niet zoals het hoort. We proberen het vanzelf opnieuw; er gaat niets verloren.
verdict-paused = Er wordt nu niets in Optedo geschreven.

error-heading = Dat is niet gelukt
error-outdated-page = De pagina was te lang open of werd vanaf een andere site opgeroepen. Ga terug, laad ze opnieuw en probeer het nog eens.
error-nothing-here = Hier is niets.
error-invalid-input = Wat je invulde, kan niet bewaard worden. Ga terug en kijk het na.
error-not-connected = Hiervoor moet de koppeling met Officient werken. Meld aan op het tabblad Koppeling.
error-upstream = Officient of Optedo kon niet gevraagd worden. Probeer het later opnieuw.
error-changed-meanwhile = In Optedo is intussen nog iets gewijzigd. Er is niets overschreven. Ga terug en kijk het verschil opnieuw na.
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
        [user-inactive] Die gebruiker is niet actief in Optedo. Kies een andere, of activeer de gebruiker in Optedo.
        [user-taken] Die gebruiker hoort al bij iemand anders. Kies een andere gebruiker, of wijzig eerst die andere persoon.
        [configured-by-operator] Dat staat vast in de configuratie van de dienst. Vraag Optedo om het daar te wijzigen.
        [notifications-off] Er is niemand om naartoe te sturen. Vul op het tabblad Instellingen een mailadres in.
        [officient-unavailable] { error-upstream }
        [optedo-unavailable] { error-upstream }
        [changed-meanwhile] { error-changed-meanwhile }
        [nothing-to-decide] Hierover valt niets meer te beslissen. Kijk opnieuw onder ‘Vraagt aandacht’.
        [database-unavailable] De dienst is even niet beschikbaar. Er gaat niets verloren. Probeer het over een minuut opnieuw.
       *[internal-error] Er ging iets mis binnen de dienst. Blijft het zo, verwittig dan Optedo.
    }
back-to-page = Terug naar de koppeling

## The tab of the connection: setting up, the state at a glance, webhooks

setup-heading = De koppeling maken
setup-intro = Met de koppeling komen afwezigheden uit Officient meteen in Optedo te staan. Er gaat nooit iets terug: wijzigingen in Optedo hebben geen weerslag in Officient.
register-heading = Registreer een app in Officient
open-developer-page = Open de ontwikkelaarspagina van Officient
new-window = nieuw venster
register-text = en registreer een nieuwe app met deze gegevens:
app-name = Naam
redirect-url = Redirect URL
permissions = Permissies
read-access = read access:
write-access = write access:
no-other-permission = Meer is niet nodig.
credentials-heading = Vul Client ID en Secret in
credentials-text = Officient toont ze zodra de app gemaakt is.
replace-credentials = Client ID en Secret vervangen
secret-kept = Het Secret is bewaard en wordt niet meer getoond. Vul het enkel in om het te vervangen.
credentials-fixed = Client ID en Secret liggen vast in de configuratie van de dienst.
login-heading = Meld aan en geef toegang
registration-again = De registratie, Client ID en Secret opnieuw bekijken of vervangen
login-text = Je komt op de aanmeldpagina van Officient. Meld je daar aan en klik op ‘Geef toegang’; daarna kom je hier terug.
login-button = Aanmelden bij Officient
preview-first = Eerst een voorbeeld tonen; nog niets in Optedo schrijven
names-text = Voornaam en achternaam moeten in Officient en Optedo exact gelijk zijn, hoofdletters inbegrepen. Een verloftype krijgt in Officient, onder Verloftypes – Geavanceerd, de omschrijving van het afwezigheidstype in Optedo; dat veld verschijnt pas als de koppeling er is. Wat nog niet klopt, staat daarna onder ‘Vraagt aandacht’.

connection-heading = Koppeling
connected = Gekoppeld
paused = Gekoppeld, maar er wordt nog niets geschreven
disconnected = Niet gekoppeld
reauthorization-required = Opnieuw aanmelden nodig
reauthorization-text = Officient aanvaardt de koppeling niet meer. Meld opnieuw aan; wat intussen binnenkomt, wordt bewaard en daarna verwerkt.
company = Bedrijf in Officient
connected-since = Gekoppeld sinds
connected-by = door { $name }
disconnect-heading = De koppeling stoppen
disconnect = Afmelden
disconnect-text = Afmelden stopt de koppeling: onze webhooks bij Officient worden verwijderd en de toegang wordt vergeten. De afwezigheden die al in Optedo staan, blijven staan. Client ID en Secret blijven bewaard.
start-writing = Koppeling starten
paused-text = Bekijk eerst het voorbeeld. Klopt het, start dan de koppeling: vanaf dan komen afwezigheden in Optedo te staan. Tot dan wordt alles bewaard wat Officient meldt.
see-preview = Naar het voorbeeld
is-paused = Gepauzeerd
paused-since = Gepauzeerd sinds { $at }.
pause = Pauzeer
pause-text = Tijdens een pauze wordt niets in Optedo geschreven. Wat Officient meldt, wordt bewaard en bij het hervatten ingehaald.
resume = Hervatten

state-heading = Toestand
last-webhook = Laatste melding van Officient
last-sync = Iedereen laatst nagekeken
absences-written = Afwezigheden in Optedo
waiting = In wachtrij
retrying =
    { $count ->
        [one] waarvan 1 opnieuw geprobeerd wordt
       *[other] waarvan { $count } opnieuw geprobeerd worden
    }
nothing-waits = niets
syncing = Iedereen wordt nagekeken
people-done = { $done } van { $total } personen
time-left = nog ongeveer { $text }
seconds =
    { $count ->
        [one] 1 seconde
       *[other] { $count } seconden
    }
minutes =
    { $count ->
        [one] 1 minuut
       *[other] { $count } minuten
    }
hours =
    { $count ->
        [one] 1 uur
       *[other] { $count } uur
    }
days =
    { $count ->
        [one] 1 dag
       *[other] { $count } dagen
    }
why-so-long = Officient laat { $calls } vragen per { $seconds } seconden toe.
sync-now = Nu alles nakijken

advanced-heading = Geavanceerd
webhooks-heading = Meldingen (webhooks)
webhooks-text = Hiermee verwittigt Officient meteen wanneer iets verandert. Zonder webhooks komen wijzigingen pas binnen wanneer iedereen wordt nagekeken.
event = Gebeurtenis
state = Toestand
webhook-state =
    { $state ->
        [registered] geregistreerd
        [refused] geweigerd door Officient
       *[missing] nog niet geregistreerd
    }
change-events = Namen van de gebeurtenissen wijzigen
events-label = Namen van gebeurtenissen, één per regel
events-text = Officient publiceert de namen van de kalendergebeurtenissen niet. Je vindt ze in Officient onder Instellingen – Integraties – Webhooks.
webhook-address = Webhookadres
webhook-address-text = Dit adres is geheim: wie het kent, kan meldingen sturen. Plak het in Officient onder Instellingen – Integraties – Webhooks.
rotate-webhook-token = Vervang het webhookadres
rotate-webhook-token-text = Kent iemand het adres die het niet mag kennen? Vervang het dan. Officient krijgt meteen het nieuwe; het oude werkt tot dan.
show-webhook-address = Toon het webhookadres om het met de hand in te stellen

## Attention items: why something is not in Optedo, and what to do about it

attention-heading = Vraagt aandacht
attention-intro = Wat hier staat, is niet of niet helemaal in Optedo gekomen. Een punt verdwijnt vanzelf zodra de oorzaak weg is.
nothing-open = Niets. Alles wat in Optedo hoort te staan, staat er.
nothing-open-yet = Nog niets, maar niet iedereen is al nagekeken.
nothing-ignored = Er wordt niets genegeerd.
nothing-resolved = Er is nog niets opgelost.
item-state =
    { $state ->
        [open] Open
        [ignored] Genegeerd
       *[resolved] Opgelost
    }
all-items =
    { $count ->
        [one] Toon het open punt
       *[other] Toon alle { $count } open punten
    }
people-waiting =
    { $count ->
        [one] Hierop wacht 1 persoon.
       *[other] Hierop wachten { $count } personen.
    }
items-waiting =
    { $count ->
        [one] Hierop wacht 1 afwezigheid.
       *[other] Hierop wachten { $count } afwezigheden.
    }
since = Sinds
resolved-at = Opgelost op
retry = Opnieuw proberen
decide-delete =
    { $kind ->
        [archived_people] Verwijderen
       *[deletions_held] Toestaan
    }
decide-keep =
    { $kind ->
        [archived_people] Laten staan
       *[deletions_held] Behouden
    }
decide-delete-all =
    { $kind ->
        [archived_people] Alles verwijderen
       *[deletions_held] Alles toestaan
    }
decide-keep-all =
    { $kind ->
        [archived_people] Alles laten staan
       *[deletions_held] Alles behouden
    }
absences-in-month =
    { $count ->
        [one] { $month }: 1 afwezigheid
       *[other] { $month }: { $count } afwezigheden
    }
more-people =
    { $count ->
        [one] En nog 1 persoon. Die verschijnt wanneer je over anderen beslist hebt.
       *[other] En nog { $count } personen. Ze verschijnen wanneer je over anderen beslist hebt.
    }
kept-heading = Behouden in Optedo
kept-text = Deze afwezigheden staan niet meer in Officient. Iemand koos om ze in Optedo te laten staan, dus wordt niet meer voorgesteld om ze te verwijderen. Staan ze opnieuw in Officient, dan verdwijnen ze uit deze lijst.
delete-after-all = Toch verwijderen
ignore = Negeren
ignore-text = Negeren haalt dit punt van de lijst. Wat erop wacht, komt niet in Optedo zolang de oorzaak er is. Wat al in Optedo staat, blijft staan. Je vindt het punt terug onder ‘Genegeerd’.
follow-again = Weer opvolgen
what-to-do = Wat te doen:
retry-outcome = Opnieuw geprobeerd om { $at }: { $resolved } opgelost, { $open } nog niet opgelost, { $waiting } nog na te kijken.
more-days = en nog { $count }
last-looked-at = voor het laatst nagekeken op
this-item = voor { $subject }

attention-kind =
    { $kind ->
        [unmatched_person] Persoon
        [ambiguous_person] Persoon
        [unmapped_leave_type] Verloftype
        [ambiguous_leave_type] Verloftype
        [invalid_event] Afwezigheid
        [rejected_by_optedo] Afwezigheid
        [archived_people] Personen
        [deletions_held] Afwezigheid
        [webhook_refused] Koppeling
        [webhooks_silent] Koppeling
        [reauthorization_required] Koppeling
        [optedo_unauthorized] Koppeling
        [officient_failing] Koppeling
        [optedo_failing] Koppeling
        [paused] Koppeling
        [differs_in_optedo] Persoon
        [link_broken] Persoon
       *[person_failing] Persoon
    }

attention-title =
    { $kind ->
        [archived_people] Gearchiveerd, met afwezigheden in de toekomst
        [deletions_held] Veel verwijderingen tegelijk
        [webhooks_silent] Meldingen van Officient blijven uit
        [reauthorization_required] Aanmelding bij Officient verlopen
        [optedo_unauthorized] Optedo weigert deze dienst
        [officient_failing] Officient werkt niet
        [optedo_failing] Optedo werkt niet
        [paused] De koppeling is gepauzeerd
       *[other] Officient
    }

cause-no-such-user = Geen actieve gebruiker in Optedo heeft exact deze voornaam en achternaam.
cause-archived = Mensen die in Officient gearchiveerd of verwijderd zijn, hebben in Optedo nog afwezigheden vanaf vandaag. Die blijven staan tot iemand beslist.
cause-several-users = In Optedo heten { $count } actieve gebruikers exact zo. De afwezigheden worden bij niemand gezet.
cause-several-people = In Officient heten { $count } personen exact zo. De afwezigheden worden bij niemand gezet.
cause-no-such-type = Geen afwezigheidstype in Optedo heeft exact deze omschrijving.
cause-several-types = In Optedo hebben { $count } afwezigheidstypes exact deze omschrijving.
cause-rejected = Optedo aanvaardt een afwezigheid van deze persoon niet: { $message }
cause-differs-in-optedo =
    { $count ->
        [one] 1 afwezigheid staat anders in Optedo dan in Officient, of is daar verwijderd.
       *[other] { $count } afwezigheden staan anders in Optedo dan in Officient, of zijn daar verwijderd.
    }
cause-deletions-held =
    { $count ->
        [one] 1 afwezigheid zou uit Optedo verdwijnen, omdat ze niet meer in Officient staat.
       *[other] { $count } afwezigheden zouden uit Optedo verdwijnen, omdat ze niet meer in Officient staan. Dat is meer dan gewoonlijk tegelijk.
    }
cause-webhook-refused = Officient kent deze gebeurtenis niet. Wijzigingen die ze zou melden, komen pas binnen wanneer iedereen wordt nagekeken.
cause-webhooks-silent = Bij het nakijken was verlof veranderd zonder dat Officient het gemeld had. Wijzigingen komen nu te laat in Optedo.
cause-optedo-unauthorized = Optedo aanvaardt de sleutel van deze dienst niet. Alles wacht intussen; er gaat niets verloren.
technical-cause = Technische oorzaak: { $error }.
event-fault =
    { $fault ->
        [date] Een afwezigheid in Officient heeft geen datum die we begrijpen, of staat onder een andere dag.
        [type] Een afwezigheid in Officient heeft bij ‘type’ een waarde die we niet begrijpen.
        [status] Een afwezigheid in Officient heeft bij ‘status’ een waarde die we niet begrijpen.
        [duration] Een afwezigheid in Officient heeft geen duur, of een die langer is dan een dag.
        [start] Een afwezigheid in Officient heeft een begin dat niet op die dag kan vallen.
        [scheduled] Een afwezigheid in Officient staat op een dag waarvan we de geplande werktijd niet begrijpen.
        [working] Een afwezigheid in Officient zegt niet op een begrijpelijke manier of er gewerkt wordt (‘working’).
        [name] Een afwezigheid in Officient heeft een naam die we niet begrijpen.
        [leave_type] Een afwezigheid in Officient heeft een verloftype waarvan we het veld voor Optedo niet begrijpen.
        [listed_twice] Een afwezigheid in Officient staat er twee keer, met een verschillende inhoud.
       *[entry] Een afwezigheid in Officient heeft geen nummer dat we begrijpen. Tot dan wordt van deze persoon niets verwijderd.
    }
on-day = Dag: { $day }.

remedy =
    { $kind ->
        [unmatched_person] Deze persoon bestaat niet in Optedo: voeg de gebruiker daar toe met exact deze naam, koppel deze persoon met de hand, of kies ‘Hoort niet in de planning’.
        [ambiguous_person] Kijk in Optedo welke gebruiker bij deze persoon hoort, en koppel die.
        [unmapped_leave_type] Kies een afwezigheidstype, hier of op het tabblad Verloftypes, of ‘Niet overnemen’. Of vul in Officient, onder Instellingen – Verloftypes, tabblad Geavanceerd, de omschrijving uit Optedo in.
        [ambiguous_leave_type] Kies welk afwezigheidstype het is, hier of op het tabblad Verloftypes, of geef elk afwezigheidstype in Optedo een eigen omschrijving.
        [invalid_event] Open de kalender van deze persoon in Officient, verwijder de afwezigheid en voeg ze opnieuw toe.
        [rejected_by_optedo] Neem de oorzaak weg in Optedo, bijvoorbeeld een afwezigheid die ermee overlapt, en probeer opnieuw.
        [archived_people] Kies Verwijderen als deze mensen er niet meer werken, en anders Laten staan: dan wordt er niet meer naar gevraagd. Je kunt per persoon kiezen. Wat voorbij is, blijft altijd staan. Is iemand in Officient niet meer gearchiveerd, dan verdwijnt die hier vanzelf.
        [deletions_held] Klopt het, kies dan Toestaan: ze worden verwijderd. Kies anders Behouden: ze blijven in Optedo, tot ze in Officient terug zijn en daar opnieuw verdwijnen. Je kunt per persoon kiezen. Duiken dezelfde afwezigheden weer op in Officient, dan verdwijnt dit punt vanzelf.
        [webhook_refused] Vraag Officient naar de juiste naam en vul ze in onder Koppeling – Geavanceerd, of haal de naam daar weg.
        [webhooks_silent] Kijk onder Koppeling – Geavanceerd de namen van de gebeurtenissen na, of stel het webhookadres met de hand in bij Officient.
        [reauthorization_required] Klik op het tabblad Koppeling op ‘Aanmelden bij Officient’. Er gaat intussen niets verloren.
        [optedo_unauthorized] Verwittig Optedo: de sleutel (optedo.api_token) moet vernieuwd worden.
        [officient_failing] Kijk of Officient zelf werkt. Er gaat niets verloren, en wat wacht, wordt daarna vanzelf gedaan. Duurt het langer dan een dag, verwittig dan Optedo.
        [optedo_failing] Verwittig Optedo. Er gaat niets verloren, en wat wacht, wordt daarna vanzelf gedaan.
        [paused] Klik bovenaan op ‘Hervatten’. Alles wat Officient intussen meldde, wordt dan ingehaald.
        [differs_in_optedo] Kijk onder Verschillen wat er verschilt, en kies per dag: terugzetten of zo laten.
        [link_broken] Kies bij deze persoon een andere gebruiker, of laat de naam weer beslissen.
       *[person_failing] Open deze persoon in Officient en in Optedo, en kijk of daar iets vreemds staat. Blijft het zo, verwittig dan Optedo.
    }
open-in-officient = Openen in Officient
open-user = Gebruiker { $user } openen in Optedo
link-with-user = Koppel met gebruiker { $user } ({ $name })
exclude-person = Hoort niet in de planning
exclude-type = Niet overnemen
name-with-number = { $name } (nummer { $id } in Officient)
description-looked-for = Gezocht wordt: ‘{ $description }’.
edit-activate = Maak gebruiker { $user } in Optedo actief, of kies ‘Hoort niet in de planning’ als deze persoon niet gepland wordt.
edit-first-name = Zet in Optedo bij gebruiker { $user } de voornaam op ‘{ $first }’.
edit-last-name = Zet in Optedo bij gebruiker { $user } de achternaam op ‘{ $last }’.
edit-both-names = Zet in Optedo bij gebruiker { $user } de voornaam op ‘{ $first }’ en de achternaam op ‘{ $last }’.
names-list = Lijst voor HR (CSV): namen die verschillen
column-person = Nummer in Officient
column-user = Nummer in Optedo
column-edit = Wat te wijzigen
remedy-inactive = Maak de gebruiker in Optedo actief, of kies ‘Hoort niet in de planning’ als deze persoon niet gepland wordt.
remedy-built-in-type = Dit type is ingebouwd in Officient en heeft daar geen veld voor Optedo. Kies een afwezigheidstype, hier of op het tabblad Verloftypes, of ‘Niet overnemen’.
remedy-fixed-type = Dit type staat vast in de configuratie van de dienst. Maak in Optedo een afwezigheidstype met exact deze omschrijving, of vraag Optedo om de configuratie te wijzigen.

difference-first-letter = De eerste letter verschilt: ‘{ $ours }’ in Officient, ‘{ $theirs }’ in Optedo.
difference =
    { $difference ->
        [case] Hoofdletters en kleine letters verschillen.
        [spaces] De spaties verschillen: er staat er een te veel of te weinig, of vooraan of achteraan.
        [accents] De accenten verschillen.
        [unicode_form] Het ziet er gelijk uit, maar is met andere tekens gevormd (Unicode): een letter met accent als één teken of als twee. Typ de naam op één plaats opnieuw.
        [swapped] Voornaam en achternaam zijn omgewisseld.
        [several] Hoofdletters, spaties, accenten of leestekens verschillen.
        [inactive] De gebruiker met deze naam bestaat in Optedo, maar is niet actief.
        [linked] Een gebruiker met deze naam is al met de hand gekoppeld aan iemand anders.
       *[insertion] Het tussenvoegsel staat in Officient in een apart veld, en in Optedo in de achternaam.
    }
difference-insertion = In Officient staat ‘{ $insertion }’ als tussenvoegsel, in Optedo in de achternaam.
difference-parts = Samen is de naam gelijk, maar voornaam en achternaam zijn anders verdeeld.

## The tab of differences: what somebody changed in Optedo

differences-heading = Verschillen
differences-intro = Afwezigheden die iemand in Optedo wijzigde of verwijderde, terwijl ze in Officient niet veranderd zijn. Terugzetten schrijft wat Officient zegt; zo laten geldt tot de afwezigheid in Officient verandert.
last-audit = Laatste controle:
audit-now = Nu controleren
audit-under-way = De controle loopt.
audit-failed =
    { $count ->
        [one] 1 persoon kon niet vergeleken worden.
       *[other] { $count } personen konden niet vergeleken worden.
    }
no-audit-yet = Er is nog niet gecontroleerd.
no-differences = Geen verschillen.
no-decided-differences = Niets.
difference-state =
    { $state ->
        [open] Open
        [kept] Zo gelaten
       *[resolved] Opgelost
    }
what-differs = Verschil
decision = Beslissing
difference-kind =
    { $kind ->
        [missing] verwijderd in Optedo
        [changed] gewijzigd in Optedo
       *[unexplained] staat niet in Officient
    }
other-type = Ander afwezigheidstype
user-number = Gebruiker { $id }
nothing-there = Niets
restore =
    { $kind ->
        [unexplained] Verwijderen
        [missing] Terugzetten
       *[changed] Terugzetten
    }
keep = Zo laten
restore-all = Alles terugzetten
keep-all = Alles zo laten
kept-at = Zo gelaten op

## The tabs that are lists: people, leave types, history, preview, audit log

people-heading = Personen
people-intro = Wie in Officient hoort bij welke gebruiker in Optedo. Voornaam en achternaam moeten exact gelijk zijn; waar dat niet kan, koppel je met de hand.
search-name = Zoek een naam
filter = Filter
people-found =
    { $count ->
        [one] 1 persoon
       *[other] { $count } personen
    }
nobody-found = Niemand gevonden.
person = Persoon
in-optedo-as = Gebruiker in Optedo
last-checked = Laatst nagekeken
match-state =
    { $state ->
        [matched] gekoppeld
        [unmatched] geen gebruiker
        [ambiguous] dubbele naam
        [archived] gearchiveerd
        [linked] met de hand gekoppeld
        [excluded] hoort niet in de planning
       *[unknown] nog niet gelezen
    }
failing = mislukt
name-unknown = Persoon { $id }
leave-waiting =
    { $count ->
        [one] 1 afwezigheid wacht
       *[other] { $count } afwezigheden wachten
    }
history-of-person = Geschiedenis
sync-person = Nu nakijken
day-by-day = Verlof, dag per dag
days-intro = Wat er met elke dag verlof gebeurt en waarom, zoals het nu in Officient staat.
days-unreadable = Het verlof kon niet gelezen worden.
days-undated =
    { $count ->
        [one] 1 afwezigheid in Officient heeft geen dag die we begrijpen. Ze staat onder ‘Vraagt aandacht’.
       *[other] { $count } afwezigheden in Officient hebben geen dag die we begrijpen. Ze staan onder ‘Vraagt aandacht’.
    }
matched-user = Gebruiker { $id }, met exact dezelfde naam
linked-user = Gebruiker { $id }, met de hand gekoppeld
absences-listed =
    { $count ->
        [one] 1 afwezigheid in deze periode
       *[other] { $count } afwezigheden in deze periode
    }
window = Periode
months = Maanden
no-leave = Geen verlof in deze maand.
announced = Gemeld op
written = Geschreven op
type-found = Afwezigheidstype gevonden
type-not-found = Geen afwezigheidstype gevonden
day-stays = Wat in Optedo staat, blijft staan.
weekday =
    { $day ->
        [mon] ma
        [tue] di
        [wed] wo
        [thu] do
        [fri] vr
        [sat] za
       *[sun] zo
    }
day-state =
    { $state ->
        [in_optedo] in Optedo
        [to_be_written] wordt geschreven
        [waiting] wacht
        [left_out] overgeslagen
        [held] verwijderen wacht op bevestiging
        [differs] staat anders in Optedo
       *[to_be_deleted] wordt verwijderd
    }
day-reason =
    { $reason ->
        [not_approved] nog niet goedgekeurd, of geweigerd
        [not_time_off] overuren of een andere soort zonder afwezigheid
        [worked] tijd waarin gewerkt wordt
        [excluded_type] verloftype wordt niet overgenomen
        [outside_window] buiten de periode
        [unmatched_person] op een gebruiker met exact deze naam
        [ambiguous_person] op een naam die maar één keer voorkomt
        [unmapped_leave_type] op een afwezigheidstype met de juiste omschrijving
        [ambiguous_leave_type] op een omschrijving die maar één keer voorkomt
        [invalid_event] op gegevens in Officient die we begrijpen
        [rejected_by_optedo] omdat Optedo de afwezigheid weigerde
        [archived_people] op je beslissing: deze persoon is gearchiveerd in Officient
        [excluded_person] hoort niet in de planning
        [link_broken] op een nieuwe keuze: de gekoppelde gebruiker bestaat niet meer
       *[deletions_held] op verwijderingen die nog niet bevestigd zijn
    }

link-with = Koppel met…
choose = Kies…
choice-names = De naam beslist
choice-exclude-person = Hoort niet in de planning; wat al in Optedo staat, blijft
choice-exclude-person-delete = Hoort niet in de planning; wat al in Optedo staat, verwijderen
person-choice-intro = Kies de gebruiker in Optedo die bij deze persoon hoort. Een koppeling met de hand blijft gelden als iemand van naam verandert. De lijst toont alleen gebruikers die bij niemand anders horen.
person-archived = Deze persoon is gearchiveerd in Officient. Er valt niets te koppelen.
linked-at = Met de hand gekoppeld aan gebruiker { $id } op { $at }
excluded-at = Hoort niet in de planning, gekozen op { $at }
effect-heading = Wat er verandert
effect-waiting =
    { $count ->
        [one] 1 afwezigheid wacht daarna nog.
       *[other] { $count } afwezigheden wachten daarna nog.
    }
effect-unknown = Wat er verandert, kon niet berekend worden: Officient of Optedo antwoordt niet. Bewaren kan wel.
cause-linked-user-gone = Gebruiker { $id }, met de hand gekoppeld aan deze persoon, bestaat niet meer in Optedo.
cause-linked-person-gone = Deze persoon bestaat niet meer in Officient. De koppeling met gebruiker { $id } is beëindigd; wat in Optedo staat, blijft staan.
remedy-linked = Zijn er twee mensen met deze naam, koppel deze persoon dan met een andere gebruiker. Klopt de andere koppeling niet, wijzig dan die.
remedy-linked-person-gone = Je hoeft niets te doen. Klik op ‘Negeren’ als je dit gezien hebt.

leave-types-heading = Verloftypes
leave-types-intro = Welk verloftype in Officient welk afwezigheidstype in Optedo is. Kiezen mag hier, of in Officient; wat hier gekozen is, gaat voor.
leave-type = Verloftype in Officient
looked-for = Gezochte omschrijving
absence-type = Afwezigheidstype in Optedo
mapping-state =
    { $state ->
        [mapped] gekoppeld
        [unmapped] niet gevonden
        [excluded] niet overgenomen
        [unknown] per dag gezocht
       *[ambiguous] meer dan één
    }
origin-field = ingevuld onder Geavanceerd
origin-name = de naam van het type
origin-configuration = uit de configuratie van de dienst
cause-unmapped-next-year = Vanaf { $year } heeft geen afwezigheidstype in Optedo exact deze omschrijving. Dit verloftype wordt nu gebruikt.
cause-chosen-type-gone = Het gekozen afwezigheidstype bestaat niet meer in Optedo.
remedy-chosen-type-gone = Kies een ander afwezigheidstype, hier of op het tabblad Verloftypes.
year = Jaar
cancel = Annuleren
choice = Keuze
choice-for = Keuze voor { $name }
choice-officient = Zoals in Officient
choice-exclude = Niet overnemen; wat al in Optedo staat, blijft
choice-exclude-delete = Niet overnemen; wat al in Optedo staat, verwijderen
show-effect = Toon wat er verandert
chosen-at = Gekozen op { $at }
chosen-by = door { $name }
choice-overrules = In Officient is iets anders ingevuld. De keuze hier gaat voor.
neutral-type = Tip: kies een neutraal type, bijvoorbeeld ‘Afwezig’. Wie de planning maakt, ziet dan niet dat iemand ziek is: dat zijn gegevens over gezondheid.
fixed-by-operator = Staat vast in de configuratie van de dienst
proposed-absence-type = { $name } wordt { $type } in Optedo
proposed-exclusion = { $name } wordt niet overgenomen; wat al in Optedo staat, blijft
proposed-exclusion-with-deletions = { $name } wordt niet overgenomen; wat al in Optedo staat, wordt verwijderd
proposed-officient = { $name } zoals in Officient
proposal-intro = Er is nog niets bewaard. Het voorbeeld hieronder toont wat er in Optedo verandert als je deze keuze bewaart.
effect = { $changed } { $changed ->
        [one] afwezigheid wijzigt
       *[other] afwezigheden wijzigen
    }, { $deleted } { $deleted ->
        [one] verdwijnt
       *[other] verdwijnen
    }, { $created } { $created ->
        [one] komt erbij
       *[other] komen erbij
    }.
fix-heading = Een verloftype koppelen
fix-step-1 = Open Officient en ga naar Instellingen – Verloftypes.
fix-step-2 = Klik op het verloftype en kies het tabblad Geavanceerd.
fix-step-3 = Vul in het veld van Optedo een van deze omschrijvingen in, letter voor letter:
fix-note = Het veld verschijnt pas als de koppeling tot stand is gebracht.
sick-day = Ziektedag (ingebouwd in Officient)
education = Opleidingsdag (ingebouwd in Officient)
origin-own-name = de naam die Officient aan de dag geeft

history-heading = Geschiedenis
history-of-leave = Wat in Optedo geschreven werd
history-intro = Wat wanneer in Optedo is geschreven en waarom, en wat mislukte. Het nieuwste staat bovenaan.
history-of = Geschiedenis van { $name }
everybodys-history = Geschiedenis van iedereen
no-history = Er is nog niets geschreven.
when = Wanneer
what = Wat
why = Aanleiding
absence = Afwezigheid
history-action =
    { $action ->
        [created] geschreven
        [changed] gewijzigd
        [deleted] verwijderd
        [taken_over] stond er al, overgenomen
        [rejected] geweigerd door Optedo
       *[failed] mislukt
    }
history-reason =
    { $reason ->
        [webhook] melding van Officient
        [import] eerste overname
        [sweep] regelmatig nazicht
        [audit] controle
       *[manual] op vraag
    }

failure =
    { $kind ->
        [officient_unavailable] Officient antwoordde niet. Er wordt vanzelf opnieuw geprobeerd.
        [officient_busy] Officient kreeg te veel vragen, ook van andere apps. Er wordt vanzelf opnieuw geprobeerd.
        [officient_refused] Officient weigerde een vraag. Kijk de permissies van de app na.
        [officient_unreadable] Officient gaf een antwoord dat niet te begrijpen is. Er wordt vanzelf opnieuw geprobeerd.
        [sign_in_needed] Er moet opnieuw bij Officient aangemeld worden.
        [optedo_unavailable] Optedo antwoordde niet. Er wordt vanzelf opnieuw geprobeerd.
        [optedo_refused] Optedo weigerde een vraag. Er wordt vanzelf opnieuw geprobeerd; blijft het zo, verwittig dan Optedo.
        [optedo_unauthorized] Optedo aanvaardt de sleutel van deze dienst niet.
       *[inside] Het ging mis binnen de dienst. Er wordt vanzelf opnieuw geprobeerd.
    }

preview-heading = Voorbeeld
preview-intro = Het voorbeeld toont wat er in Optedo zou veranderen als iedereen nu nagekeken wordt, zonder iets te schrijven. Handig vóór de koppeling start, of nadat namen of types zijn aangepast.
make-preview = Voorbeeld maken
make-preview-again = Nieuw voorbeeld maken
preview-under-way = Het voorbeeld wordt gemaakt
preview-of = Stand van { $at }.
preview-list =
    { $list ->
        [create] Nieuw
        [change] Gewijzigd
        [delete] Verwijderd
        [take_over] Staat er al, overgenomen
        [skip] Overgeslagen
       *[fail] Niet gelezen
    }
preview-unchanged = Al juist
preview-nothing = Niets.
preview-nobody-failed = Iedereen kon gelezen worden.
preview-failed-text = Deze personen konden niet gelezen worden. Maak het voorbeeld later opnieuw.

log-heading = Wie deed wat
log-intro = Aanmeldingen en ingrepen van beheerders, de nieuwste eerst. Herken je iets niet, vervang dan het wachtwoord.
no-log = Er is nog niets gebeurd.
who = Wie
session = Sessie
asked-from = Vanaf
act =
    { $act ->
        [connected] Koppeling gemaakt
        [disconnected] Afgemeld bij Officient
        [credentials_changed] Client ID en Secret gewijzigd
        [webhook_token_rotated] Webhookadres vervangen
        [webhook_events_changed] Namen van de gebeurtenissen gewijzigd
        [person_linked] Persoon met de hand gekoppeld
        [person_unlinked] Koppeling met de hand ongedaan gemaakt
        [person_excluded] Persoon hoort niet in de planning
        [person_readmitted] Persoon hoort weer in de planning
        [leave_type_mapped] Keuze voor een verloftype gewijzigd
        [notifications_changed] Ontvangers of taal van meldingen gewijzigd
        [settings_changed] Instellingen gewijzigd
        [deletions_confirmed] Verwijderingen bevestigd
        [deletions_rejected] Afwezigheden behouden
        [archived_deleted] Afwezigheden van gearchiveerde personen verwijderd
        [deletions_proposed] Behouden afwezigheden toch verwijderd
        [paused] Gepauzeerd
        [resumed] Hervat
        [differences_restored] Verschillen teruggezet
        [differences_kept] Verschillen zo gelaten
        [signed_in] Aangemeld
        [sign_in_failed] Aanmelden mislukt: fout wachtwoord
        [signed_out] Uitgelogd
        [names_downloaded] Lijst voor HR gedownload
        [person_forgotten] Persoon vergeten
       *[person_exported] Gegevens van een persoon opgevraagd
    }
log-word =
    { $word ->
        [company] bedrijf
        [user] gebruiker
        [person] persoon
        [people] persoon of personen
        [deletions] afwezigheid(en)
        [differences] verschil(len)
        [officient] zoals in Officient
        [absence_type] afwezigheidstype
        [exclude] niet overnemen
        [keep] laten staan
        [delete] verwijderen
        [ask] aan mij vragen
        [restore] terugzetten
        [true] ja
        [false] nee
        [auto] automatisch
        [default] standaard
        [sick_day] ziektedag
        [education] opleidingsdag
       *[other] -
    }
by-api = API
by-command = Opdracht op de server
by-nobody = Onbekend

## The tab of notifications

test-heading = Test de koppeling
test-outcome =
    { $outcome ->
        [ok] in orde
        [warning] let op
       *[problem] niet in orde
    }
test-done = gelukt
test-waits = wacht…
test-check =
    { $check ->
        [officient] Officient is bereikbaar
        [officient-connection] Aangemeld bij Officient
        [officient-people] De lijst van personen in Officient is leesbaar
        [officient-person] De naam van een persoon in Officient is leesbaar
        [officient-calendar] De kalender van een persoon in Officient is leesbaar
        [officient-requests] De aanvragen in Officient zijn leesbaar
        [officient-leave_types] De verloftypes in Officient zijn leesbaar
        [officient-webhooks] Officient verwittigt ons van wijzigingen
        [optedo-users] De gebruikers in Optedo zijn leesbaar
        [optedo-absence_types] De afwezigheidstypes in Optedo zijn leesbaar
        [optedo-absences] De afwezigheden in Optedo zijn leesbaar
        [people] Elke persoon hoort bij een gebruiker in Optedo
        [leave_types] Elk verloftype hoort bij een afwezigheidstype in Optedo
       *[writing] Er wordt in Optedo geschreven
    }
test-remedy =
    { $check ->
        [officient] Kijk of Officient zelf werkt, en probeer het later opnieuw.
        [officient-connection] Meld je aan op het tabblad Koppeling.
        [officient-people] Kijk na of de app in Officient de permissie ‘basic’ heeft (lezen), en meld dan opnieuw aan. Antwoordt Officient nu niet, probeer het dan later opnieuw.
        [officient-person] Kijk na of de app in Officient de permissie ‘personal info’ heeft (lezen), en meld dan opnieuw aan. Antwoordt Officient nu niet, probeer het dan later opnieuw.
        [officient-calendar] Kijk na of de app in Officient de permissie ‘calendar’ heeft (lezen), en meld dan opnieuw aan. Antwoordt Officient nu niet, probeer het dan later opnieuw.
        [officient-requests] Kijk na of de app in Officient de permissie ‘calendar’ heeft (lezen), en meld dan opnieuw aan. Antwoordt Officient nu niet, probeer het dan later opnieuw.
        [officient-leave_types] Kijk na of de app in Officient de permissie ‘calendar’ heeft (lezen), en meld dan opnieuw aan. Antwoordt Officient nu niet, probeer het dan later opnieuw.
        [officient-webhooks] Kijk onder Koppeling – Geavanceerd welke gebeurtenis niet geregistreerd is. Wat ontbreekt, wordt bij het volgende nazicht geregistreerd.
        [optedo-users] Verwittig Optedo.
        [optedo-absence_types] Verwittig Optedo.
        [optedo-absences] Verwittig Optedo.
        [people] Kijk op het tabblad Personen wie nog geen gebruiker heeft. Dat is alleen nodig voor wie gepland wordt.
        [leave_types] Kijk op het tabblad Verloftypes welk type nog geen afwezigheidstype heeft. Dat is alleen nodig voor verlof dat in Optedo moet staan.
       *[writing] De koppeling is gepauzeerd of nog niet gestart: hervat of start ze eerst.
    }
test-instructions = Voeg nu in Officient een dag verlof toe bij jezelf, en keur ze goed. Verwijder ze daarna weer. Hieronder zie je meteen wat ervan komt.
test-webhook = Officient verwittigde ons
test-person = De persoon is gevonden in Optedo
test-type = Het verloftype is gekoppeld
test-written = De afwezigheid staat in Optedo
test-deleted = De afwezigheid is weer verdwenen uit Optedo
test-stuck = Dit houdt de afwezigheid tegen:
test-begin = Test beginnen
test-again = Test opnieuw beginnen
event-proven = bewezen op
event-never-seen = nog nooit gezien

settings-heading = Instellingen
settings-intro = Wat je hier kiest, geldt voor iedereen. Je ziet eerst wat er in Optedo verandert; daarna pas bewaar je het.
setting =
    { $setting ->
        [includePending] Verlof dat nog niet goedgekeurd is
        [from] Eerste dag
        [until] Laatste dag
        [defaultStart] Begin van een deel van een dag
        [maxDeletions] Grens voor verwijderingen
        [onDifference] Verschillen met Optedo
       *[leavers] Wie uit dienst gaat
    }
setting-text =
    { $setting ->
        [includePending] Aanvragen waarover nog beslist moet worden.
        [from] Wat vóór deze dag ligt, wordt nooit geschreven, gewijzigd of verwijderd.
        [until] Wat na deze dag ligt, wordt nooit geschreven, gewijzigd of verwijderd.
        [defaultStart] Wanneer een deel van een dag begint, als Officient het uur niet zegt.
        [maxDeletions] Zijn het er binnen tien minuten meer, dan wachten ze tot je ze toestaat.
        [onDifference] Wat er gebeurt als iemand in Optedo een afwezigheid wijzigt of verwijdert. Optedo wordt elke nacht vergeleken.
       *[leavers] Wat er gebeurt met de afwezigheden vanaf vandaag van wie in Officient gearchiveerd is.
    }
setting-invalid =
    { $setting ->
        [from] Eerste dag: vul een aantal dagen of een datum in, hoogstens tien jaar van vandaag.
        [until] Laatste dag: vul een aantal dagen of een datum in, hoogstens tien jaar van vandaag en niet vóór de eerste dag.
        [defaultStart] Begin van een deel van een dag: vul een uur in, bijvoorbeeld 09:00.
        [maxDeletions] Grens voor verwijderingen: vul een getal in, of laat het veld leeg.
       *[other] Kies een van de mogelijkheden.
    }
setting-choice =
    { $choice ->
        [includePending-true] Ook overnemen
        [includePending-false] Pas overnemen als het goedgekeurd is
        [onDifference-restore] Terugzetten wat Officient zegt
        [onDifference-ask] Aan mij vragen
        [leavers-keep] Laten staan
        [leavers-delete] Verwijderen
       *[leavers-ask] Aan mij vragen
    }
automatic = Automatisch
limit-automatic = Automatisch: 15, of een tiende van de toekomstige afwezigheden als dat meer is
days-before-today = { $days } dagen vóór vandaag
days-after-today = { $days } dagen na vandaag
edge-days =
    { $setting ->
        [from] Dagen vóór vandaag
       *[until] Dagen na vandaag
    }
edge-date = Of een vaste datum
default-value = Standaard: { $value }.
differences-to-restore =
    { $count ->
        [one] Bij de volgende vergelijking wordt 1 verschil teruggezet.
       *[other] Bij de volgende vergelijking worden { $count } verschillen teruggezet.
    }
always-so = Voortaan altijd zo doen (te wijzigen onder Instellingen)

notifications-heading = Meldingen
notifications-intro = Werkt de koppeling niet, dan krijg je een bericht: één wanneer het begint, één wanneer de oorzaak verandert, en één wanneer het opgelost is. Zolang er iets aandacht vraagt, komt er ook één overzicht per dag. Een bericht bevat aantallen, en nooit namen of verlof.
notification-state =
    { $state ->
        [off] Er worden geen meldingen verstuurd
        [ok] Meldingen komen aan
       *[failing] Meldingen komen niet aan
    }
notification-channel =
    { $channel ->
        [mail] Mail
       *[webhook] Webhook
    }
delivery-fault =
    { $fault ->
        [unreachable] er was geen verbinding, of ze werd verbroken
        [insecure] er was geen veilige verbinding (TLS): het certificaat is niet vertrouwd, of de server biedt geen TLS aan
        [timed_out] de server antwoordde niet op tijd
        [unreadable] het antwoord van de server ontbreekt, is onvolledig of is niet te begrijpen
        [refused] de server weigerde het bericht
       *[redirected] het adres verwijst door naar een ander adres, en dat wordt niet gevolgd
    }
message-tried-again = Er wordt vanzelf opnieuw geprobeerd, tot drie dagen na het bericht. Blijft het zo, verwittig dan Optedo.
message-given-up = Er werd drie dagen lang geprobeerd. Dit bericht wordt niet meer verstuurd. Kijk de ontvangers na, of verwittig Optedo, en stuur daarna een testbericht.
no-mail-server = Mail is nog niet ingesteld. Vraag Optedo om een mailserver in te stellen.
no-recipients = Er zijn nog geen ontvangers, dus er wordt geen mail verstuurd. Vul hieronder mailadressen in.
last-message = Laatste bericht verstuurd
last-message-error = Laatste mislukte poging
webhook-configured = ingesteld door Optedo
webhook-not-configured = niet ingesteld
send-test-message = Testbericht sturen
recipients-heading = Ontvangers en taal
recipients-label = Mailadressen, één per regel
recipients-text = Hoogstens 20. Laat je dit leeg, dan wordt geen mail verstuurd.
message-language = Taal van de berichten

## Notifications: mails, and messages to a webhook. They contain no names and no leave

incident-title =
    { $kind ->
        [differs_in_optedo] Iemand wijzigde wat in Optedo stond
        [reauthorization_required] Aanmelding bij Officient verlopen
        [optedo_unauthorized] Optedo weigert de koppeling
        [officient_failing] Officient werkt niet
        [optedo_failing] Optedo werkt niet
        [deletions_held] Veel verwijderingen tegelijk
        [webhooks_silent] Officient meldt geen wijzigingen meer
       *[webhook_refused] Officient weigert een webhook
    }
incident-text =
    { $kind ->
        [differs_in_optedo] Het dagelijkse nazicht vond in Optedo iets anders dan in Officient. Onder ‘Vraagt aandacht’, bij ‘Verschillen’, beslis je per geval.
        [reauthorization_required] Officient aanvaardt de koppeling niet meer. Tot iemand opnieuw aanmeldt, wacht alles.
        [optedo_unauthorized] Optedo aanvaardt de sleutel van deze dienst niet. Tot dan wacht alles.
        [officient_failing] Officient kan niet gelezen worden.
        [optedo_failing] Optedo kan niet gelezen of geschreven worden.
        [deletions_held] Meer afwezigheden dan gewoonlijk zouden uit Optedo verdwijnen, omdat ze niet meer in Officient staan. Dat wacht tot iemand het bevestigt.
        [webhooks_silent] Bij het nakijken was verlof veranderd zonder dat Officient het gemeld had. Wijzigingen komen te laat in Optedo.
       *[webhook_refused] Officient kent de naam van een gebeurtenis niet. Wijzigingen die ze zou melden, komen te laat in Optedo.
    }
incident-resolved = Opgelost: { $title }
incident-lasted = Het duurde { $text }. Je hoeft niets te doen.
digest-title =
    { $count ->
        [one] 1 punt vraagt aandacht
       *[other] { $count } punten vragen aandacht
    }
digest-text = Op de pagina staat wat er is en wat je kunt doen. Dit overzicht komt één keer per dag, zolang er iets open staat.
test-message-title = Testbericht
test-message-text = Dit is een test van de meldingen over de koppeling met Officient. Je hoeft niets te doen.
items-of-kind =
    { $kind ->
        [differs_in_optedo] Personen met verschillen tussen Officient en Optedo
        [unmatched_person] Personen zonder gebruiker in Optedo
        [ambiguous_person] Dubbele namen
        [unmapped_leave_type] Verloftypes zonder afwezigheidstype
        [ambiguous_leave_type] Verloftypes met meer dan één afwezigheidstype
        [invalid_event] Afwezigheden die we niet begrijpen
        [rejected_by_optedo] Afwezigheden die Optedo weigert
        [archived_people] Gearchiveerde personen met afwezigheden in de toekomst
        [deletions_held] Verwijderingen die op bevestiging wachten
        [webhook_refused] Webhooks die Officient weigert
        [webhooks_silent] Officient meldt geen wijzigingen meer
        [reauthorization_required] Aanmelding bij Officient verlopen
        [optedo_unauthorized] Optedo weigert de koppeling
        [officient_failing] Officient werkt niet
        [optedo_failing] Optedo werkt niet
        [paused] Pauze van meer dan een dag
        [link_broken] Koppelingen die niet meer bestaan
       *[person_failing] Personen die niet gelezen of geschreven kunnen worden
    }
message-open-items = Wat nu aandacht vraagt:
message-page = De pagina van de koppeling:
message-why = Je krijgt dit bericht omdat je adres op die pagina staat, onder Instellingen. Daar kun je het ook weghalen.

## The notice at the top of the page: what just happened, and what to do next

notice =
    { $notice ->
        [connected] De koppeling met Officient is gelukt. Alle afwezigheden worden nu een eerste keer overgenomen.
        [already_resolved] Dit punt is intussen vanzelf opgelost.
        [connected_paused] De koppeling met Officient is gelukt. Er wordt nog niets in Optedo geschreven: eerst wordt een voorbeeld gemaakt.
        [disconnected] Je bent afgemeld bij Officient. De afwezigheden die al in Optedo staan, blijven staan; Client ID en Secret zijn bewaard.
        [access_denied] Je hebt in Officient geen toegang gegeven, dus er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en kies dan ‘Geef toegang’.
        [state_wrong] Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen. Er is niets gekoppeld. Klik opnieuw op ‘Aanmelden bij Officient’ en rond binnen tien minuten af.
        [code_refused] Officient aanvaardde de aanmelding niet. Er is niets gekoppeld. Kijk na of Client ID, Secret en Redirect URL dezelfde zijn als in de app bij Officient, en meld opnieuw aan.
        [officient_unreachable] Officient was niet bereikbaar. Er is niets gekoppeld. Wacht enkele minuten en meld dan opnieuw aan.
        [officient_unreadable] Officient gaf een antwoord dat niet te begrijpen is. Er is niets gekoppeld. Probeer het later opnieuw; blijft het zo, verwittig dan Optedo.
        [permission_missing] De app mag de gegevens van het bedrijf niet lezen. Er is niets gekoppeld. Vink in Officient bij de app de permissies aan (lezen: basic, personal info, webhooks, calendar; schrijven: webhooks) en meld opnieuw aan.
        [credentials_missing] Vul eerst Client ID en Secret in en bewaar ze.
        [unavailable] De dienst is even niet beschikbaar. Er gaat niets verloren. Probeer het over een minuut opnieuw.
       *[failed] Er ging iets mis binnen de dienst. Blijft het zo, verwittig dan Optedo.
        [credentials_saved] Client ID en Secret zijn bewaard. Klik nu op ‘Aanmelden bij Officient’.
        [credentials_incomplete] Vul zowel Client ID als Secret in.
        [wrong_password] Dat wachtwoord klopt niet.
        [too_many_attempts] Te veel foute wachtwoorden. Wacht een minuut en probeer dan opnieuw.
        [sync_started] Iedereen wordt nu nagekeken.
        [person_asked] Deze persoon wordt nu nagekeken.
        [paused] Er wordt nu niets nagekeken of geschreven. Klik op het tabblad Koppeling op ‘Koppeling starten’ of ‘Hervatten’.
        [retrying] Er wordt opnieuw geprobeerd. Is de oorzaak weg, dan verdwijnt het punt vanzelf.
        [deletions_confirmed] Bevestigd: deze afwezigheden worden uit Optedo verwijderd.
        [deletions_rejected] Deze afwezigheden blijven in Optedo. Je vindt ze terug onder ‘Genegeerd’.
        [deletions_proposed] Deze afwezigheden worden uit Optedo verwijderd. Zijn het er veel tegelijk, dan vraagt dat eerst nog aandacht.
        [nothing_to_decide] Hierover valt niets meer te beslissen: iemand deed het al, of het verlof staat weer in Officient.
        [ignored] Dit punt wordt genegeerd. Je vindt het terug onder ‘Genegeerd’.
        [followed] Dit punt wordt weer opgevolgd.
        [events_saved] De namen van de gebeurtenissen zijn bewaard.
        [events_invalid] Die namen kunnen niet bewaard worden: elke regel is één naam van hoogstens 200 tekens.
        [recipients_invalid] Er is niets bewaard. Elke regel is één mailadres, zoals hr@acme.be, en er zijn er hoogstens 20.
        [webhook_token_rotated] Het webhookadres is vervangen; het oude werkt niet meer. Had je het met de hand in Officient ingevuld, vul daar dan het nieuwe in.
        [webhook_token_rotating] Er is een nieuw webhookadres, maar Officient kon het nog niet krijgen. Het oude werkt zolang nog; er wordt vanzelf opnieuw geprobeerd.
        [pause_began] De koppeling is gepauzeerd. Er wordt niets in Optedo geschreven tot je hervat.
        [resumed] Hervat. Iedereen wordt nu nagekeken.
        [audit_started] De controle is gestart. Wat verschilt, verschijnt hier.
        [difference_restored] Wordt teruggezet. Het verschil verdwijnt zodra het in Optedo staat.
        [difference_changed] Er is in Optedo intussen nog iets gewijzigd. Er is niets overschreven; kijk het verschil opnieuw na.
        [difference_kept] Dit blijft zo, tot de afwezigheid in Officient verandert.
        [person_choice_saved] De keuze is bewaard. Deze persoon wordt nu nagekeken.
        [mapping_saved] De keuze is bewaard. Iedereen wordt nu nagekeken.
        [notifications_saved] De ontvangers en de taal zijn bewaard.
        [settings_saved] De instellingen zijn bewaard.
        [test_message_requested] Het testbericht wordt verstuurd.
    }

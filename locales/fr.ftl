### The texts of the settings page and of notifications. CONTRIBUTING.md says how to add one.

## The frame of every page, words that several tabs use, and errors

where-it-is = Paramètres – Intégrations
heading = Intégration RH : Officient
skip-to-content = Aller au contenu
pages = Pages
language = Langue

tab-connection = Connexion
tab-attention = À traiter
tab-people = Personnes
tab-leave-types = Types de congé
tab-history = Historique
tab-settings = Paramètres
tab-preview = Aperçu
open-items =
    { $count ->
        [one] { $count } point ouvert
       *[other] { $count } points ouverts
    }

sign-in-heading = Se connecter
password = Mot de passe
your-name = Votre nom (facultatif)
why-your-name = Vos collègues verront ainsi qui a établi la connexion.
sign-in = Se connecter
sign-out = Quitter la session

copy = Copier
copied = Copié
save = Enregistrer
save-without-effect = Enregistrer tout de suite
show = Afficher
all = Tous
previous-page = Précédent
next-page = Suivant
page-number = Page { $page }
page-of = Page { $page } sur { $pages }
never = jamais
all-day = journée entière
not-connected-yet = Il n’y a pas encore de connexion avec Officient. Établissez-la sous l’onglet Connexion.
stale-since = Optedo ou Officient n’a pas répondu. Ceci est la situation du { $at }.
upstream-silent = Optedo ou Officient ne répond pas pour le moment. Réessayez dans quelques minutes.
first-name = Prénom
last-name = Nom
description = Description
in-officient = Dans Officient
in-optedo = Dans Optedo

verdict-up-to-date = Tout est à jour : { $present } absences sur { $expected } sont dans Optedo, comparées le { $at }.
verdict-first-comparison = Tout le monde n’a pas encore été comparé.
verdict-waiting =
    { $count ->
        [one] En retard : 1 personne ou message attend, depuis { $since }.
       *[other] En retard : { $count } personnes ou messages attendent, depuis { $since }.
    }
verdict-behind = En retard : { $present } absences sur { $expected } sont dans Optedo, et tout le monde n’a pas été comparé depuis { $at }.
verdict-action-required =
    { $count ->
        [one] 1 point vous attend : { $present } absences sur { $expected } sont dans Optedo.
       *[other] { $count } points vous attendent : { $present } absences sur { $expected } sont dans Optedo.
    }
verdict-failing = Officient ou Optedo ne fonctionne pas comme prévu depuis un moment. Nous réessayons ; rien n’est perdu.
verdict-paused = Rien n’est écrit dans Optedo pour le moment.

error-heading = Cela n’a pas fonctionné
error-outdated-page = La page est restée ouverte trop longtemps ou a été appelée depuis un autre site. Revenez en arrière, rechargez-la et réessayez.
error-nothing-here = Il n’y a rien ici.
error-invalid-input = Ce que vous avez saisi ne peut pas être enregistré. Revenez en arrière et vérifiez.
error-not-connected = Pour cela, la connexion avec Officient doit fonctionner. Connectez-vous sous l’onglet Connexion.
error-upstream = Officient ou Optedo n’a pas pu être interrogé. Réessayez plus tard.
error-changed-meanwhile = Optedo a encore été modifié entre-temps. Rien n’a été écrasé. Revenez en arrière et regardez la différence à nouveau.
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
        [user-inactive] Cet utilisateur est inactif dans Optedo. Choisissez-en un autre, ou activez-le dans Optedo.
        [user-taken] Cet utilisateur appartient à quelqu’un d’autre. Choisissez un autre utilisateur, ou modifiez d’abord cette personne.
        [configured-by-operator] La configuration du service fixe cette valeur. Demandez à Optedo de l’y modifier.
        [notifications-off] Il n’y a personne à qui envoyer. Saisissez une adresse sous l’onglet Paramètres.
        [officient-unavailable] { error-upstream }
        [optedo-unavailable] { error-upstream }
        [changed-meanwhile] { error-changed-meanwhile }
        [nothing-to-decide] Il n’y a plus rien à décider. Regardez de nouveau sous « À traiter ».
        [database-unavailable] Le service est momentanément indisponible. Rien n’est perdu. Réessayez dans une minute.
       *[internal-error] Une erreur s’est produite dans le service. Si cela persiste, prévenez Optedo.
    }
back-to-page = Retour à la connexion

## The tab of the connection: setting up, the state at a glance, webhooks

setup-heading = Établir la connexion
setup-intro = Avec la connexion, les absences d’Officient apparaissent aussitôt dans Optedo. Rien ne repart dans l’autre sens : les modifications dans Optedo n’ont aucun effet dans Officient.
register-heading = Enregistrez une app dans Officient
open-developer-page = Ouvrez la page développeur d’Officient
new-window = nouvelle fenêtre
register-text = et enregistrez une nouvelle app avec ces données :
app-name = Nom
redirect-url = Redirect URL
permissions = Permissions
read-access = read access :
write-access = write access :
no-other-permission = Rien d’autre n’est nécessaire.
credentials-heading = Remplissez le Client ID et le Secret
credentials-text = Officient les affiche dès que l’app est créée.
replace-credentials = Remplacer le Client ID et le Secret
secret-kept = Le Secret est enregistré et ne sera plus affiché. Ne le remplissez que pour le remplacer.
credentials-fixed = Le Client ID et le Secret sont fixés dans la configuration du service.
login-heading = Connectez-vous et donnez l’accès
registration-again = Revoir ou remplacer l’enregistrement, le Client ID et le Secret
login-text = Vous arrivez sur la page de connexion d’Officient. Connectez-vous-y et donnez l’accès (« Geef toegang ») ; vous reviendrez ensuite ici.
login-button = Se connecter à Officient
preview-first = Montrer d’abord un aperçu ; ne rien écrire encore dans Optedo
names-text = Le prénom et le nom doivent être exactement identiques dans Officient et Optedo, majuscules comprises. Un type de congé reçoit dans Officient, sous Verloftypes – Geavanceerd, la description du type d’absence d’Optedo ; ce champ n’apparaît qu’une fois la connexion établie. Ce qui ne correspond pas encore se trouve ensuite sous « À traiter ».

connection-heading = Connexion
connected = Connecté
paused = Connecté, mais rien n’est encore écrit
disconnected = Non connecté
reauthorization-required = Nouvelle connexion nécessaire
reauthorization-text = Officient n’accepte plus la connexion. Connectez-vous à nouveau ; ce qui arrive entre-temps est conservé puis traité.
company = Entreprise dans Officient
connected-since = Connecté depuis
connected-by = par { $name }
disconnect-heading = Arrêter la connexion
disconnect = Se déconnecter d’Officient
disconnect-text = La déconnexion arrête la synchronisation : nos webhooks chez Officient sont supprimés et l’accès est oublié. Les absences déjà présentes dans Optedo y restent. Le Client ID et le Secret sont conservés.
start-writing = Démarrer la synchronisation
paused-text = Consultez d’abord l’aperçu. S’il est correct, démarrez la synchronisation : dès lors, les absences apparaîtront dans Optedo. D’ici là, tout ce qu’Officient annonce est conservé.
see-preview = Vers l’aperçu
is-paused = En pause
paused-since = En pause depuis le { $at }.
pause = Mettre en pause
pause-text = Pendant une pause, rien n’est écrit dans Optedo. Ce qu’Officient signale est conservé et rattrapé à la reprise.
resume = Reprendre

state-heading = Situation
last-webhook = Dernière annonce d’Officient
last-sync = Dernière vérification complète
absences-written = Absences dans Optedo
waiting = En attente
retrying = dont { $count } à réessayer
nothing-waits = rien
syncing = Vérification de tout le monde
people-done = { $done } personnes sur { $total }
time-left = encore environ { $text }
seconds =
    { $count ->
        [one] { $count } seconde
       *[other] { $count } secondes
    }
minutes =
    { $count ->
        [one] { $count } minute
       *[other] { $count } minutes
    }
hours =
    { $count ->
        [one] { $count } heure
       *[other] { $count } heures
    }
days =
    { $count ->
        [one] { $count } jour
       *[other] { $count } jours
    }
why-so-long = Officient autorise { $calls } appels en { $seconds } secondes.
sync-now = Tout vérifier maintenant

advanced-heading = Avancé
webhooks-heading = Annonces (webhooks)
webhooks-text = Officient signale ainsi aussitôt chaque changement. Sans webhooks, les changements n’arrivent qu’à la vérification complète suivante.
event = Événement
state = État
webhook-state =
    { $state ->
        [registered] enregistré
        [refused] refusé par Officient
       *[missing] pas encore enregistré
    }
change-events = Modifier les noms des événements
events-label = Noms des événements, un par ligne
events-text = Officient ne publie pas les noms des événements de calendrier. Vous les trouvez dans Officient sous Instellingen – Integraties – Webhooks.
webhook-address = Adresse du webhook
webhook-address-text = Cette adresse est secrète : qui la connaît peut envoyer des annonces. Collez-la dans Officient sous Instellingen – Integraties – Webhooks.
rotate-webhook-token = Remplacer l’adresse du webhook
rotate-webhook-token-text = Quelqu’un connaît l’adresse sans y être autorisé ? Remplacez-la. Officient reçoit aussitôt la nouvelle ; l’ancienne fonctionne jusque-là.
show-webhook-address = Afficher l’adresse du webhook pour la configurer à la main

## Attention items: why something is not in Optedo, and what to do about it

attention-heading = À traiter
attention-intro = Ce qui figure ici n’est pas, ou pas entièrement, arrivé dans Optedo. Un point disparaît de lui-même dès que sa cause a disparu.
nothing-open = Rien. Tout ce qui doit figurer dans Optedo y figure.
nothing-open-yet = Rien pour l’instant, mais tout le monde n’a pas encore été vérifié.
nothing-ignored = Rien n’est ignoré.
nothing-resolved = Rien n’a encore été résolu.
item-state =
    { $state ->
        [open] Ouverts
        [ignored] Ignorés
       *[resolved] Résolus
    }
all-items =
    { $count ->
        [one] Afficher le point ouvert
       *[other] Afficher les { $count } points ouverts
    }
people-waiting =
    { $count ->
        [one] 1 personne en attend la fin.
       *[other] { $count } personnes en attendent la fin.
    }
items-waiting =
    { $count ->
        [one] { $count } absence attend cette solution.
       *[other] { $count } absences attendent cette solution.
    }
since = Depuis
resolved-at = Résolu le
retry = Réessayer
decide-delete =
    { $kind ->
        [archived_people] Supprimer
       *[deletions_held] Autoriser
    }
decide-keep =
    { $kind ->
        [archived_people] Laisser
       *[deletions_held] Conserver
    }
decide-delete-all =
    { $kind ->
        [archived_people] Tout supprimer
       *[deletions_held] Tout autoriser
    }
decide-keep-all =
    { $kind ->
        [archived_people] Tout laisser
       *[deletions_held] Tout conserver
    }
absences-in-month =
    { $count ->
        [one] { $month } : { $count } absence
       *[other] { $month } : { $count } absences
    }
more-people =
    { $count ->
        [one] Et encore { $count } personne. Elle apparaîtra quand vous aurez décidé pour d’autres.
       *[other] Et encore { $count } personnes. Elles apparaîtront quand vous aurez décidé pour d’autres.
    }
kept-heading = Conservées dans Optedo
kept-text = Ces absences ne sont plus dans Officient. Quelqu’un a choisi de les laisser dans Optedo ; leur suppression n’est donc plus proposée. Si elles réapparaissent dans Officient, elles quittent cette liste.
delete-after-all = Supprimer quand même
ignore = Ignorer
ignore-text = Ignorer retire ce point de la liste. Ce qui l’attend n’arrive pas dans Optedo tant que la cause est là. Ce qui est déjà dans Optedo y reste. Vous retrouvez le point sous « Ignorés ».
follow-again = Suivre à nouveau
what-to-do = Que faire :
retry-outcome = Nouvel essai à { $at } : { $resolved } résolus, { $open } pas encore résolus, { $waiting } encore à vérifier.
more-days = et encore { $count }
last-looked-at = vérifié pour la dernière fois le
this-item = pour { $subject }

attention-kind =
    { $kind ->
        [unmatched_person] Personne
        [ambiguous_person] Personne
        [unmapped_leave_type] Type de congé
        [ambiguous_leave_type] Type de congé
        [invalid_event] Absence
        [rejected_by_optedo] Absence
        [archived_people] Personnes
        [deletions_held] Absence
        [webhook_refused] Connexion
        [webhooks_silent] Connexion
        [reauthorization_required] Connexion
        [optedo_unauthorized] Connexion
        [officient_failing] Connexion
        [optedo_failing] Connexion
        [paused] Connexion
        [differs_in_optedo] Personne
        [link_broken] Personne
       *[person_failing] Personne
    }

attention-title =
    { $kind ->
        [archived_people] Archivées, avec des absences à venir
        [deletions_held] Beaucoup de suppressions à la fois
        [webhooks_silent] Les annonces d’Officient n’arrivent pas
        [reauthorization_required] Connexion à Officient expirée
        [optedo_unauthorized] Optedo refuse ce service
        [officient_failing] Officient ne fonctionne pas
        [optedo_failing] Optedo ne fonctionne pas
        [paused] La connexion est en pause
       *[other] Officient
    }

cause-no-such-user = Aucun utilisateur actif d’Optedo n’a exactement ce prénom et ce nom.
cause-archived = Des personnes archivées ou supprimées dans Officient ont encore dans Optedo des absences à partir d’aujourd’hui. Elles y restent jusqu’à ce que quelqu’un décide.
cause-several-users = Dans Optedo, { $count } utilisateurs actifs portent exactement ce nom. Les absences ne sont attribuées à personne.
cause-several-people = Dans Officient, { $count } personnes portent exactement ce nom. Les absences ne sont attribuées à personne.
cause-no-such-type = Aucun type d’absence d’Optedo n’a exactement cette description.
cause-several-types = Dans Optedo, { $count } types d’absence ont exactement cette description.
cause-rejected = Optedo n’accepte pas une absence de cette personne : { $message }
cause-differs-in-optedo =
    { $count ->
        [one] 1 absence est différente dans Optedo et dans Officient, ou y a été supprimée.
       *[other] { $count } absences sont différentes dans Optedo et dans Officient, ou y ont été supprimées.
    }
cause-deletions-held =
    { $count ->
        [one] { $count } absence disparaîtrait d’Optedo, car elle n’est plus dans Officient.
       *[other] { $count } absences disparaîtraient d’Optedo, car elles ne sont plus dans Officient. C’est plus que d’habitude à la fois.
    }
cause-webhook-refused = Officient ne connaît pas cet événement. Les changements qu’il annoncerait n’arrivent qu’à la vérification complète.
cause-webhooks-silent = Lors de la vérification, des congés avaient changé sans qu’Officient l’ait annoncé. Les changements arrivent maintenant trop tard dans Optedo.
cause-optedo-unauthorized = Optedo n’accepte pas la clé de ce service. Tout attend entre-temps ; rien n’est perdu.
technical-cause = Cause technique : { $error }.
event-fault =
    { $fault ->
        [date] Une absence dans Officient n’a pas de date compréhensible, ou figure sous un autre jour.
        [type] Une absence dans Officient a pour « type » une valeur que nous ne comprenons pas.
        [status] Une absence dans Officient a pour « status » une valeur que nous ne comprenons pas.
        [duration] Une absence dans Officient n’a pas de durée, ou une durée de plus d’un jour.
        [start] Une absence dans Officient a un début qui ne peut pas être ce jour-là.
        [scheduled] Une absence dans Officient est un jour dont nous ne comprenons pas le temps de travail prévu.
        [working] Une absence dans Officient n’indique pas de façon compréhensible s’il s’agit de travail (« working »).
        [name] Une absence dans Officient a un nom que nous ne comprenons pas.
        [leave_type] Une absence dans Officient a un type de congé dont nous ne comprenons pas le champ pour Optedo.
        [listed_twice] Une absence dans Officient y figure deux fois, avec un contenu différent.
       *[entry] Une absence dans Officient n’a pas de numéro compréhensible. Entre-temps, rien n’est supprimé pour cette personne.
    }
on-day = Jour : { $day }.

remedy =
    { $kind ->
        [unmatched_person] Cette personne n’existe pas dans Optedo : ajoutez-y l’utilisateur avec exactement ce nom, liez-la à la main, ou choisissez « Hors du planning ».
        [ambiguous_person] Regardez dans Optedo quel utilisateur correspond à cette personne, et liez-le.
        [unmapped_leave_type] Choisissez un type d’absence, ici ou dans l’onglet Types de congé, ou « Ne pas reprendre ». Ou remplissez dans Officient, sous Instellingen – Verloftypes, onglet Geavanceerd, la description d’Optedo.
        [ambiguous_leave_type] Choisissez de quel type d’absence il s’agit, ici ou dans l’onglet Types de congé, ou donnez à chaque type d’absence dans Optedo une description propre.
        [invalid_event] Ouvrez le calendrier de cette personne dans Officient, supprimez l’absence et ajoutez-la à nouveau.
        [rejected_by_optedo] Supprimez la cause dans Optedo, par exemple une absence qui se chevauche, et réessayez.
        [archived_people] Choisissez Supprimer si ces personnes ne travaillent plus chez vous, et sinon Laisser : la question n’est alors plus posée. Vous pouvez choisir par personne. Ce qui est passé reste toujours. Si quelqu’un n’est plus archivé dans Officient, il disparaît d’ici de lui-même.
        [deletions_held] Si c’est correct, choisissez Autoriser : elles sont supprimées. Sinon, choisissez Conserver : elles restent dans Optedo, jusqu’à ce qu’elles reviennent dans Officient et y disparaissent à nouveau. Vous pouvez choisir par personne. Si ces mêmes absences réapparaissent dans Officient, ce point disparaît de lui-même.
        [webhook_refused] Demandez le nom correct à Officient et saisissez-le sous Connexion – Avancé, ou retirez-y le nom.
        [webhooks_silent] Vérifiez sous Connexion – Avancé les noms des événements, ou configurez l’adresse du webhook à la main chez Officient.
        [reauthorization_required] Cliquez sous l’onglet Connexion sur « Se connecter à Officient ». Rien n’est perdu entre-temps.
        [optedo_unauthorized] Prévenez Optedo : la clé (optedo.api_token) doit être renouvelée.
        [officient_failing] Vérifiez si Officient lui-même fonctionne. Rien n’est perdu, et ce qui attend se fait ensuite de lui-même. Si cela dure plus d’un jour, prévenez Optedo.
        [optedo_failing] Prévenez Optedo. Rien n’est perdu, et ce qui attend se fait ensuite de lui-même.
        [paused] Cliquez en haut sur « Reprendre ». Tout ce qu’Officient a signalé entre-temps sera rattrapé.
        [differs_in_optedo] Regardez sous Différences ce qui diffère, et choisissez par jour : rétablir ou laisser ainsi.
        [link_broken] Choisissez un autre utilisateur pour cette personne, ou laissez le nom décider de nouveau.
       *[person_failing] Ouvrez cette personne dans Officient et dans Optedo, et regardez s’il s’y trouve quelque chose d’étrange. Si cela persiste, prévenez Optedo.
    }
open-in-officient = Ouvrir dans Officient
open-user = Ouvrir l’utilisateur { $user } dans Optedo
link-with-user = Lier à l’utilisateur { $user } ({ $name })
exclude-person = Hors du planning
exclude-type = Ne pas reprendre
name-with-number = { $name } (numéro { $id } dans Officient)
description-looked-for = Recherché : « { $description } ».
edit-activate = Activez l’utilisateur { $user } dans Optedo, ou choisissez « Hors du planning » si cette personne n’est pas planifiée.
edit-first-name = Dans Optedo, remplacez le prénom de l’utilisateur { $user } par « { $first } ».
edit-last-name = Dans Optedo, remplacez le nom de l’utilisateur { $user } par « { $last } ».
edit-both-names = Dans Optedo, remplacez le prénom de l’utilisateur { $user } par « { $first } » et le nom par « { $last } ».
names-list = Liste pour les RH (CSV) : les noms qui diffèrent
column-person = Numéro dans Officient
column-user = Numéro dans Optedo
column-edit = À modifier
remedy-inactive = Activez l’utilisateur dans Optedo, ou choisissez « Hors du planning » si cette personne n’est pas planifiée.
remedy-built-in-type = Ce type est intégré à Officient et n’y a pas de champ pour Optedo. Choisissez un type d’absence, ici ou dans l’onglet Types de congé, ou « Ne pas reprendre ».
remedy-fixed-type = Ce type est fixé dans la configuration du service. Créez dans Optedo un type d’absence avec exactement cette description, ou demandez à Optedo de modifier la configuration.

difference-first-letter = La première lettre diffère : « { $ours } » dans Officient, « { $theirs } » dans Optedo.
difference =
    { $difference ->
        [case] Les majuscules et minuscules diffèrent.
        [spaces] Les espaces diffèrent : il y en a un de trop ou de trop peu, ou au début ou à la fin.
        [accents] Les accents diffèrent.
        [unicode_form] L’apparence est identique, mais les caractères diffèrent (Unicode) : une lettre accentuée en un caractère ou en deux. Retapez le nom à un endroit.
        [swapped] Le prénom et le nom sont inversés.
        [several] Des majuscules, espaces, accents ou signes diffèrent.
        [inactive] L’utilisateur de ce nom existe dans Optedo, mais n’est pas actif.
        [linked] Un utilisateur de ce nom est lié à la main à quelqu’un d’autre.
       *[insertion] La particule figure dans Officient dans un champ à part, et dans Optedo dans le nom.
    }
difference-insertion = Dans Officient, « { $insertion } » est une particule à part ; dans Optedo, elle fait partie du nom.
difference-parts = Le nom complet est identique, mais le prénom et le nom sont répartis autrement.

## The tab of differences: what somebody changed in Optedo

differences-heading = Différences
differences-intro = Absences que quelqu’un a modifiées ou supprimées dans Optedo, alors qu’elles n’ont pas changé dans Officient. Rétablir écrit ce que dit Officient ; laisser ainsi vaut jusqu’à ce que l’absence change dans Officient.
last-audit = Dernier contrôle :
audit-now = Contrôler maintenant
audit-under-way = Le contrôle est en cours.
audit-failed =
    { $count ->
        [one] 1 personne n’a pas pu être comparée.
       *[other] { $count } personnes n’ont pas pu être comparées.
    }
no-audit-yet = Aucun contrôle n’a encore eu lieu.
no-differences = Aucune différence.
no-decided-differences = Rien.
difference-state =
    { $state ->
        [open] Ouvertes
        [kept] Laissées ainsi
       *[resolved] Résolues
    }
what-differs = Différence
decision = Décision
difference-kind =
    { $kind ->
        [missing] supprimée dans Optedo
        [changed] modifiée dans Optedo
       *[unexplained] n’est pas dans Officient
    }
other-type = Autre type d’absence
user-number = Utilisateur { $id }
nothing-there = Rien
restore =
    { $kind ->
        [unexplained] Supprimer
        [missing] Rétablir
       *[changed] Rétablir
    }
keep = Laisser ainsi
restore-all = Tout rétablir
keep-all = Tout laisser ainsi
kept-at = Laissée ainsi le

## The tabs that are lists: people, leave types, history, preview, audit log

people-heading = Personnes
people-intro = Qui dans Officient correspond à quel utilisateur d’Optedo. Le prénom et le nom doivent être exactement identiques ; là où c’est impossible, liez à la main.
search-name = Rechercher un nom
filter = Filtre
people-found =
    { $count ->
        [one] { $count } personne
       *[other] { $count } personnes
    }
nobody-found = Aucune personne trouvée.
person = Personne
in-optedo-as = Utilisateur dans Optedo
last-checked = Dernière vérification
match-state =
    { $state ->
        [matched] associé
        [unmatched] aucun utilisateur
        [ambiguous] nom en double
        [archived] archivé
        [linked] lié à la main
        [excluded] hors du planning
       *[unknown] pas encore lu
    }
failing = en échec
name-unknown = Personne { $id }
leave-waiting =
    { $count ->
        [one] { $count } absence en attente
       *[other] { $count } absences en attente
    }
history-of-person = Historique
sync-person = Vérifier maintenant
day-by-day = Congés, jour par jour
days-intro = Ce qui arrive à chaque jour de congé et pourquoi, tel qu’il est maintenant dans Officient.
days-unreadable = Les congés n’ont pas pu être lus.
days-undated =
    { $count ->
        [one] { $count } absence dans Officient n’a pas de jour compréhensible. Elle figure sous « À traiter ».
       *[other] { $count } absences dans Officient n’ont pas de jour compréhensible. Elles figurent sous « À traiter ».
    }
matched-user = Utilisateur { $id }, avec exactement le même nom
linked-user = Utilisateur { $id }, lié à la main
absences-listed =
    { $count ->
        [one] { $count } absence dans cette période
       *[other] { $count } absences dans cette période
    }
window = Période
months = Mois
no-leave = Aucun congé ce mois-ci.
announced = Annoncé le
written = Écrit le
type-found = Type d’absence trouvé
type-not-found = Aucun type d’absence trouvé
day-stays = Ce qui est dans Optedo y reste.
weekday =
    { $day ->
        [mon] lu
        [tue] ma
        [wed] me
        [thu] je
        [fri] ve
        [sat] sa
       *[sun] di
    }
day-state =
    { $state ->
        [in_optedo] dans Optedo
        [to_be_written] sera écrit
        [waiting] en attente
        [left_out] ignoré
        [held] suppression à confirmer
        [differs] différent dans Optedo
       *[to_be_deleted] sera supprimé
    }
day-reason =
    { $reason ->
        [not_approved] pas encore approuvé, ou refusé
        [not_time_off] heures supplémentaires ou autre sorte sans absence
        [worked] temps travaillé
        [excluded_type] type de congé non repris
        [outside_window] hors de la période
        [unmatched_person] d’un utilisateur qui porte exactement ce nom
        [ambiguous_person] d’un nom qui n’existe qu’une fois
        [unmapped_leave_type] d’un type d’absence avec la bonne description
        [ambiguous_leave_type] d’une description qui n’existe qu’une fois
        [invalid_event] de données compréhensibles dans Officient
        [rejected_by_optedo] car Optedo a refusé l’absence
        [archived_people] de votre décision : cette personne est archivée dans Officient
        [excluded_person] hors du planning
        [link_broken] d’un nouveau choix : l’utilisateur lié n’existe plus
       *[deletions_held] de suppressions qui ne sont pas encore confirmées
    }

link-with = Lier à…
choose = Choisir…
choice-names = Le nom décide
choice-exclude-person = Hors du planning ; ce qui est dans Optedo reste
choice-exclude-person-delete = Hors du planning ; supprimer ce qui est dans Optedo
person-choice-intro = Choisissez l’utilisateur d’Optedo qui est cette personne. Un lien à la main reste valable si un nom change. La liste montre seulement les utilisateurs qui n’appartiennent à personne d’autre.
person-archived = Cette personne est archivée dans Officient. Il n’y a rien à lier.
linked-at = Lié à la main à l’utilisateur { $id } le { $at }
excluded-at = Hors du planning, choisi le { $at }
effect-heading = Ce qui change
effect-waiting =
    { $count ->
        [one] 1 absence attend encore ensuite.
       *[other] { $count } absences attendent encore ensuite.
    }
effect-unknown = Ce qui change n’a pas pu être calculé : Officient ou Optedo ne répond pas. Vous pouvez enregistrer quand même.
cause-linked-user-gone = L’utilisateur { $id }, lié à la main à cette personne, n’existe plus dans Optedo.
cause-linked-person-gone = Cette personne n’existe plus dans Officient. Le lien avec l’utilisateur { $id } a pris fin ; ce qui est dans Optedo reste.
remedy-linked = Si deux personnes portent ce nom, liez celle-ci à un autre utilisateur. Si l’autre lien est faux, modifiez-le.
remedy-linked-person-gone = Il n’y a rien à faire. Cliquez sur « Ignorer » quand vous l’avez vu.

leave-types-heading = Types de congé
leave-types-intro = Quel type de congé dans Officient correspond à quel type d’absence dans Optedo. Choisissez ici ou dans Officient ; le choix fait ici l’emporte.
leave-type = Type de congé dans Officient
looked-for = Description recherchée
absence-type = Type d’absence dans Optedo
mapping-state =
    { $state ->
        [mapped] associé
        [unmapped] introuvable
        [excluded] non repris
        [unknown] cherché jour par jour
       *[ambiguous] plusieurs
    }
origin-field = rempli sous Geavanceerd
origin-name = le nom du type
origin-configuration = de la configuration du service
cause-unmapped-next-year = À partir de { $year }, aucun type d’absence dans Optedo ne porte exactement cette description. Ce type de congé est utilisé maintenant.
cause-chosen-type-gone = Le type d’absence choisi n’existe plus dans Optedo.
remedy-chosen-type-gone = Choisissez un autre type d’absence, ici ou dans l’onglet Types de congé.
year = Année
cancel = Annuler
choice = Choix
choice-for = Choix pour { $name }
choice-officient = Comme dans Officient
choice-exclude = Ne pas reprendre ; garder ce qui est dans Optedo
choice-exclude-delete = Ne pas reprendre ; supprimer ce qui est dans Optedo
show-effect = Montrer ce qui change
chosen-at = Choisi le { $at }
chosen-by = par { $name }
choice-overrules = Autre chose est rempli dans Officient. Le choix fait ici l’emporte.
neutral-type = Conseil : choisissez un type neutre, qui ne dit pas pourquoi la personne est absente. La personne qui planifie ne voit alors pas que quelqu’un est malade : ce sont des données de santé.
fixed-by-operator = Fixé dans la configuration du service
proposed-absence-type = { $name } devient { $type } dans Optedo
proposed-exclusion = { $name } n’est pas repris ; ce qui est dans Optedo reste
proposed-exclusion-with-deletions = { $name } n’est pas repris ; ce qui est dans Optedo est supprimé
proposed-officient = { $name } comme dans Officient
proposal-intro = Rien n’est encore enregistré. L’aperçu ci-dessous montre ce qui change dans Optedo si vous enregistrez ce choix.
effect = { $changed } { $changed ->
        [one] absence change
       *[other] absences changent
    }, { $deleted } { $deleted ->
        [one] disparaît
       *[other] disparaissent
    }, { $created } { $created ->
        [one] s’ajoute
       *[other] s’ajoutent
    }.
fix-heading = Associer un type de congé
fix-step-1 = Ouvrez Officient et allez à Instellingen – Verloftypes.
fix-step-2 = Cliquez sur le type de congé et choisissez l’onglet Geavanceerd.
fix-step-3 = Remplissez dans le champ d’Optedo une de ces descriptions, lettre pour lettre :
fix-note = Le champ n’apparaît qu’une fois la connexion établie.
sick-day = Jour de maladie (intégré à Officient)
education = Jour de formation (intégré à Officient)
origin-own-name = le nom qu’Officient donne au jour

history-heading = Historique
history-of-leave = Ce qui a été écrit dans Optedo
history-intro = Ce qui a été écrit dans Optedo, quand et pourquoi, et ce qui a échoué. Le plus récent est en haut.
history-of = Historique de { $name }
everybodys-history = Historique de tous
no-history = Rien n’a encore été écrit.
when = Quand
what = Quoi
why = Raison
absence = Absence
history-action =
    { $action ->
        [created] écrite
        [changed] modifiée
        [deleted] supprimée
        [taken_over] déjà présente, reprise
        [rejected] refusée par Optedo
       *[failed] échec
    }
history-reason =
    { $reason ->
        [webhook] annonce d’Officient
        [import] première reprise
        [sweep] vérification périodique
        [audit] contrôle
       *[manual] sur demande
    }

failure =
    { $kind ->
        [officient_unavailable] Officient n’a pas répondu. Une nouvelle tentative suit d’elle-même.
        [officient_busy] Officient a reçu trop d’appels, y compris d’autres apps. Une nouvelle tentative suit d’elle-même.
        [officient_refused] Officient a refusé un appel. Vérifiez les permissions de l’app.
        [officient_unreadable] Officient a donné une réponse incompréhensible. Une nouvelle tentative suit d’elle-même.
        [sign_in_needed] Il faut se reconnecter à Officient.
        [optedo_unavailable] Optedo n’a pas répondu. Une nouvelle tentative suit d’elle-même.
        [optedo_refused] Optedo a refusé un appel. Une nouvelle tentative suit d’elle-même ; si cela persiste, prévenez Optedo.
        [optedo_unauthorized] Optedo n’accepte pas la clé de ce service.
       *[inside] Une erreur s’est produite dans le service. Une nouvelle tentative suit d’elle-même.
    }

preview-heading = Aperçu
preview-intro = L’aperçu montre ce qui changerait dans Optedo si tout le monde était vérifié maintenant, sans rien écrire. Utile avant de démarrer, ou après avoir adapté des noms ou des types.
make-preview = Préparer un aperçu
make-preview-again = Préparer un nouvel aperçu
preview-under-way = L’aperçu est en préparation
preview-of = Situation du { $at }.
preview-list =
    { $list ->
        [create] Nouvelles
        [change] Modifiées
        [delete] Supprimées
        [take_over] Déjà présentes, reprises
        [skip] Ignorées
       *[fail] Non lues
    }
preview-unchanged = Déjà correctes
preview-nothing = Rien.
preview-nobody-failed = Tout le monde a pu être lu.
preview-failed-text = Ces personnes n’ont pas pu être lues. Préparez l’aperçu à nouveau plus tard.

log-heading = Qui a fait quoi
log-intro = Connexions et interventions des administrateurs, les plus récentes d’abord. Si vous ne reconnaissez pas quelque chose, remplacez le mot de passe.
no-log = Rien ne s’est encore passé.
who = Qui
session = Session
asked-from = Depuis
act =
    { $act ->
        [connected] Connexion établie
        [disconnected] Déconnecté d’Officient
        [credentials_changed] Client ID et Secret modifiés
        [webhook_token_rotated] Adresse du webhook remplacée
        [webhook_events_changed] Noms des événements modifiés
        [person_linked] Personne liée à la main
        [person_unlinked] Lien à la main annulé
        [person_excluded] Personne hors du planning
        [person_readmitted] Personne de nouveau dans le planning
        [leave_type_mapped] Choix pour un type de congé modifié
        [notifications_changed] Destinataires ou langue des notifications modifiés
        [settings_changed] Paramètres modifiés
        [deletions_confirmed] Suppressions confirmées
        [deletions_rejected] Absences conservées
        [archived_deleted] Absences de personnes archivées supprimées
        [deletions_proposed] Absences conservées supprimées quand même
        [paused] Mis en pause
        [resumed] Repris
        [differences_restored] Différences rétablies
        [differences_kept] Différences laissées ainsi
        [signed_in] Connecté
        [sign_in_failed] Échec de connexion : mot de passe incorrect
        [signed_out] Session quittée
        [names_downloaded] Liste pour les RH téléchargée
        [person_forgotten] Personne oubliée
       *[person_exported] Données d’une personne exportées
    }
log-word =
    { $word ->
        [company] entreprise
        [user] utilisateur
        [person] personne
        [people] personne(s)
        [deletions] absence(s)
        [differences] différence(s)
        [officient] comme dans Officient
        [absence_type] type d’absence
        [exclude] ne pas reprendre
        [keep] laisser
        [delete] supprimer
        [ask] me demander
        [restore] rétablir
        [true] oui
        [false] non
        [auto] automatique
        [default] par défaut
        [sick_day] jour de maladie
        [education] jour de formation
       *[other] -
    }
by-api = API
by-command = Commande sur le serveur
by-nobody = Inconnu

## The tab of notifications

test-heading = Tester la connexion
test-outcome =
    { $outcome ->
        [ok] en ordre
        [warning] attention
       *[problem] pas en ordre
    }
test-done = réussi
test-waits = en attente…
test-check =
    { $check ->
        [officient] Officient est joignable
        [officient-connection] Connecté à Officient
        [officient-people] La liste des personnes dans Officient est lisible
        [officient-person] Le nom d’une personne dans Officient est lisible
        [officient-calendar] Le calendrier d’une personne dans Officient est lisible
        [officient-requests] Les demandes dans Officient sont lisibles
        [officient-leave_types] Les types de congé dans Officient sont lisibles
        [officient-webhooks] Officient nous avertit des modifications
        [optedo-users] Les utilisateurs dans Optedo sont lisibles
        [optedo-absence_types] Les types d’absence dans Optedo sont lisibles
        [optedo-absences] Les absences dans Optedo sont lisibles
        [people] Chaque personne correspond à un utilisateur dans Optedo
        [leave_types] Chaque type de congé correspond à un type d’absence dans Optedo
       *[writing] Optedo est mis à jour
    }
test-remedy =
    { $check ->
        [officient] Vérifiez si Officient fonctionne, et réessayez plus tard.
        [officient-connection] Connectez-vous dans l’onglet Connexion.
        [officient-people] Vérifiez que l’app dans Officient a la permission « basic » (lecture), puis connectez-vous de nouveau. Si Officient ne répond pas maintenant, réessayez plus tard.
        [officient-person] Vérifiez que l’app dans Officient a la permission « personal info » (lecture), puis connectez-vous de nouveau. Si Officient ne répond pas maintenant, réessayez plus tard.
        [officient-calendar] Vérifiez que l’app dans Officient a la permission « calendar » (lecture), puis connectez-vous de nouveau. Si Officient ne répond pas maintenant, réessayez plus tard.
        [officient-requests] Vérifiez que l’app dans Officient a la permission « calendar » (lecture), puis connectez-vous de nouveau. Si Officient ne répond pas maintenant, réessayez plus tard.
        [officient-leave_types] Vérifiez que l’app dans Officient a la permission « calendar » (lecture), puis connectez-vous de nouveau. Si Officient ne répond pas maintenant, réessayez plus tard.
        [officient-webhooks] Voyez sous Connexion – Avancé quel événement n’est pas enregistré. Ce qui manque est enregistré à la prochaine vérification.
        [optedo-users] Prévenez Optedo.
        [optedo-absence_types] Prévenez Optedo.
        [optedo-absences] Prévenez Optedo.
        [people] Voyez dans l’onglet Personnes qui n’a pas encore d’utilisateur. Ce n’est nécessaire que pour les personnes planifiées.
        [leave_types] Voyez dans l’onglet Types de congé quel type n’a pas encore de type d’absence. Ce n’est nécessaire que pour les congés qui doivent figurer dans Optedo.
       *[writing] La connexion est en pause ou pas encore démarrée : reprenez-la ou démarrez-la d’abord.
    }
test-instructions = Ajoutez maintenant dans Officient un jour de congé pour vous-même, et approuvez-le. Supprimez-le ensuite. Vous voyez ci-dessous aussitôt ce qu’il en advient.
test-webhook = Officient nous a prévenus
test-person = La personne est trouvée dans Optedo
test-type = Le type de congé est lié
test-written = L’absence est dans Optedo
test-deleted = L’absence a de nouveau disparu d’Optedo
test-stuck = Ceci retient l’absence :
test-begin = Commencer le test
test-again = Recommencer le test
event-proven = prouvé le
event-never-seen = encore jamais vu

settings-heading = Paramètres
settings-intro = Ce que vous choisissez ici vaut pour tout le monde. Vous voyez d’abord ce qui change dans Optedo ; ensuite seulement, vous l’enregistrez.
setting =
    { $setting ->
        [includePending] Congés pas encore approuvés
        [from] Premier jour
        [until] Dernier jour
        [defaultStart] Début d’une partie de journée
        [maxDeletions] Limite des suppressions
        [onDifference] Différences avec Optedo
       *[leavers] Personnes qui quittent l’entreprise
    }
setting-text =
    { $setting ->
        [includePending] Les demandes sur lesquelles il faut encore décider.
        [from] Ce qui précède ce jour n’est jamais écrit, modifié ni supprimé.
        [until] Ce qui suit ce jour n’est jamais écrit, modifié ni supprimé.
        [defaultStart] Quand commence une partie de journée dont Officient ne dit pas l’heure.
        [maxDeletions] S’il y en a davantage en dix minutes, elles attendent votre accord.
        [onDifference] Ce qui se passe quand quelqu’un modifie ou supprime une absence dans Optedo. Optedo est comparé chaque nuit.
       *[leavers] Ce qui se passe avec les absences à partir d’aujourd’hui des personnes archivées dans Officient.
    }
setting-invalid =
    { $setting ->
        [from] Premier jour : indiquez un nombre de jours ou une date, à dix ans d’aujourd’hui au plus.
        [until] Dernier jour : indiquez un nombre de jours ou une date, à dix ans d’aujourd’hui au plus et pas avant le premier jour.
        [defaultStart] Début d’une partie de journée : indiquez une heure, par exemple 09:00.
        [maxDeletions] Limite des suppressions : indiquez un nombre, ou laissez le champ vide.
       *[other] Choisissez une des possibilités.
    }
setting-choice =
    { $choice ->
        [includePending-true] Les copier aussi
        [includePending-false] Les copier seulement une fois approuvés
        [onDifference-restore] Rétablir ce que dit Officient
        [onDifference-ask] Me demander
        [leavers-keep] Les laisser
        [leavers-delete] Les supprimer
       *[leavers-ask] Me demander
    }
automatic = Automatique
limit-automatic = Automatique : 15, ou un dixième des absences à venir si c’est plus
days-before-today = { $days } jours avant aujourd’hui
days-after-today = { $days } jours après aujourd’hui
edge-days =
    { $setting ->
        [from] Jours avant aujourd’hui
       *[until] Jours après aujourd’hui
    }
edge-date = Ou une date fixe
default-value = Par défaut : { $value }.
differences-to-restore =
    { $count ->
        [one] À la prochaine comparaison, 1 différence sera rétablie.
       *[other] À la prochaine comparaison, { $count } différences seront rétablies.
    }
always-so = Toujours faire ainsi désormais (modifiable sous Paramètres)

notifications-heading = Notifications
notifications-intro = Si la connexion ne fonctionne pas, vous recevez un message : un quand cela commence, un quand la cause change, et un quand c’est résolu. Tant qu’un point demande votre attention, vous recevez aussi un aperçu par jour. Un message contient des nombres, et jamais de noms ni de congés.
notification-state =
    { $state ->
        [off] Aucune notification n’est envoyée
        [ok] Les notifications arrivent
       *[failing] Les notifications n’arrivent pas
    }
notification-channel =
    { $channel ->
        [mail] Mail
       *[webhook] Webhook
    }
delivery-fault =
    { $fault ->
        [unreachable] il n’y avait pas de connexion, ou elle a été coupée
        [insecure] il n’y avait pas de connexion sécurisée (TLS) : le certificat n’est pas reconnu, ou le serveur ne propose pas TLS
        [timed_out] le serveur n’a pas répondu à temps
        [unreadable] la réponse du serveur manque, est incomplète ou incompréhensible
        [refused] le serveur a refusé le message
       *[redirected] l’adresse redirige vers une autre, qui n’est pas suivie
    }
message-tried-again = De nouvelles tentatives suivent d’elles-mêmes, jusqu’à trois jours après le message. Si cela persiste, prévenez Optedo.
message-given-up = Les tentatives ont duré trois jours. Ce message ne sera plus envoyé. Vérifiez les destinataires, ou prévenez Optedo, puis envoyez un message de test.
no-mail-server = Le mail n’est pas encore configuré. Demandez à Optedo de configurer un serveur de mail.
no-recipients = Il n’y a pas encore de destinataires, donc aucun mail n’est envoyé. Saisissez des adresses ci-dessous.
last-message = Dernier message envoyé
last-message-error = Dernière tentative échouée
webhook-configured = configuré par Optedo
webhook-not-configured = non configuré
send-test-message = Envoyer un message de test
recipients-heading = Destinataires et langue
recipients-label = Adresses mail, une par ligne
recipients-text = 20 au plus. Si ce champ est vide, aucun mail n’est envoyé.
message-language = Langue des messages

## Notifications: mails, and messages to a webhook. They contain no names and no leave

incident-title =
    { $kind ->
        [differs_in_optedo] Quelqu’un a modifié ce qui figurait dans Optedo
        [reauthorization_required] Connexion à Officient expirée
        [optedo_unauthorized] Optedo refuse la connexion
        [officient_failing] Officient ne fonctionne pas
        [optedo_failing] Optedo ne fonctionne pas
        [deletions_held] Beaucoup de suppressions à la fois
        [webhooks_silent] Officient n’annonce plus les changements
       *[webhook_refused] Officient refuse un webhook
    }
incident-text =
    { $kind ->
        [differs_in_optedo] La vérification quotidienne a trouvé dans Optedo autre chose que dans Officient. Vous décidez au cas par cas sous « À traiter », dans la partie « Différences ».
        [reauthorization_required] Officient n’accepte plus la connexion. Tout attend que quelqu’un se reconnecte.
        [optedo_unauthorized] Optedo n’accepte pas la clé de ce service. D’ici là, tout attend.
        [officient_failing] Officient ne peut pas être lu.
        [optedo_failing] Optedo ne peut pas être lu ou modifié.
        [deletions_held] Plus d’absences que d’habitude disparaîtraient d’Optedo, parce qu’elles ne sont plus dans Officient. Cela attend une confirmation.
        [webhooks_silent] Lors d’une vérification, des congés avaient changé sans qu’Officient l’ait annoncé. Les changements arrivent trop tard dans Optedo.
       *[webhook_refused] Officient ne connaît pas le nom d’un événement. Les changements qu’il annoncerait arrivent trop tard dans Optedo.
    }
incident-resolved = Résolu : { $title }
incident-lasted = Cela a duré { $text }. Vous n’avez rien à faire.
digest-title =
    { $count ->
        [one] { $count } point demande votre attention
       *[other] { $count } points demandent votre attention
    }
digest-text = La page montre ce qu’il y a et ce que vous pouvez faire. Cet aperçu arrive une fois par jour, tant qu’un point est ouvert.
test-message-title = Message de test
test-message-text = Ceci est un test des notifications sur la connexion avec Officient. Vous n’avez rien à faire.
items-of-kind =
    { $kind ->
        [differs_in_optedo] Personnes avec des différences entre Officient et Optedo
        [unmatched_person] Personnes sans utilisateur dans Optedo
        [ambiguous_person] Noms en double
        [unmapped_leave_type] Types de congé sans type d’absence
        [ambiguous_leave_type] Types de congé avec plusieurs types d’absence
        [invalid_event] Absences que nous ne comprenons pas
        [rejected_by_optedo] Absences qu’Optedo refuse
        [archived_people] Personnes archivées avec des absences à venir
        [deletions_held] Suppressions qui attendent une confirmation
        [webhook_refused] Webhooks qu’Officient refuse
        [webhooks_silent] Officient n’annonce plus les changements
        [reauthorization_required] Connexion à Officient expirée
        [optedo_unauthorized] Optedo refuse la connexion
        [officient_failing] Officient ne fonctionne pas
        [optedo_failing] Optedo ne fonctionne pas
        [paused] Pause de plus d’un jour
        [link_broken] Liens qui n’existent plus
       *[person_failing] Personnes qui ne peuvent pas être lues ou modifiées
    }
message-open-items = Ce qui demande votre attention :
message-page = La page de la connexion :
message-why = Vous recevez ce message parce que votre adresse figure sur cette page, sous Paramètres. Vous pouvez l’y retirer.

## The notice at the top of the page: what just happened, and what to do next

notice =
    { $notice ->
        [connected] La connexion avec Officient est établie. Toutes les absences sont maintenant reprises une première fois.
        [already_resolved] Ce point s’est résolu de lui-même entre-temps.
        [connected_paused] La connexion avec Officient est établie. Rien n’est encore écrit dans Optedo : un aperçu est d’abord préparé.
        [disconnected] Vous êtes déconnecté d’Officient. Les absences déjà présentes dans Optedo y restent ; le Client ID et le Secret sont conservés.
        [access_denied] Vous n’avez pas donné l’accès dans Officient : rien n’est connecté. Cliquez à nouveau sur « Se connecter à Officient » et donnez l’accès.
        [state_wrong] Cette connexion a expiré, a déjà servi ou a commencé dans un autre navigateur. Rien n’est connecté. Cliquez à nouveau sur « Se connecter à Officient » et terminez dans les dix minutes.
        [code_refused] Officient n’a pas accepté la connexion. Rien n’est connecté. Vérifiez que le Client ID, le Secret et la Redirect URL sont les mêmes que dans l’app chez Officient, et connectez-vous à nouveau.
        [officient_unreachable] Officient était injoignable. Rien n’est connecté. Patientez quelques minutes, puis connectez-vous à nouveau.
        [officient_unreadable] Officient a donné une réponse incompréhensible. Rien n’est connecté. Réessayez plus tard ; si cela persiste, prévenez Optedo.
        [permission_missing] L’app ne peut pas lire les données de l’entreprise. Rien n’est connecté. Cochez dans Officient les permissions de l’app (lecture : basic, personal info, webhooks, calendar ; écriture : webhooks) et connectez-vous à nouveau.
        [credentials_missing] Remplissez d’abord le Client ID et le Secret et enregistrez-les.
        [unavailable] Le service est momentanément indisponible. Rien n’est perdu. Réessayez dans une minute.
       *[failed] Une erreur s’est produite dans le service. Si cela persiste, prévenez Optedo.
        [credentials_saved] Le Client ID et le Secret sont enregistrés. Cliquez maintenant sur « Se connecter à Officient ».
        [credentials_incomplete] Remplissez le Client ID et le Secret.
        [wrong_password] Ce mot de passe est incorrect.
        [too_many_attempts] Trop de mots de passe incorrects. Patientez une minute, puis réessayez.
        [sync_started] Tout le monde est maintenant vérifié.
        [person_asked] Cette personne est maintenant vérifiée.
        [paused] Rien n’est vérifié ni écrit en ce moment. Dans l’onglet Connexion, cliquez sur « Démarrer la synchronisation » ou « Reprendre ».
        [retrying] Une nouvelle tentative est en cours. Si la cause a disparu, le point disparaît de lui-même.
        [deletions_confirmed] Confirmé : ces absences sont supprimées d’Optedo.
        [deletions_rejected] Ces absences restent dans Optedo. Vous les retrouvez sous « Ignorés ».
        [deletions_proposed] Ces absences sont supprimées d’Optedo. Si elles sont nombreuses à la fois, cela demande d’abord votre attention.
        [nothing_to_decide] Il n’y a plus rien à décider : quelqu’un l’a déjà fait, ou le congé est de nouveau dans Officient.
        [ignored] Ce point est ignoré. Vous le retrouvez sous « Ignorés ».
        [followed] Ce point est à nouveau suivi.
        [events_saved] Les noms des événements sont enregistrés.
        [events_invalid] Ces noms ne peuvent pas être enregistrés : chaque ligne est un nom de 200 caractères au plus.
        [recipients_invalid] Rien n’a été enregistré. Chaque ligne est une adresse mail, comme hr@acme.be, et il y en a 20 au plus.
        [webhook_token_rotated] L’adresse du webhook est remplacée ; l’ancienne ne fonctionne plus. Si vous l’aviez saisie à la main dans Officient, saisissez-y la nouvelle.
        [webhook_token_rotating] Il y a une nouvelle adresse de webhook, mais Officient n’a pas encore pu la recevoir. L’ancienne fonctionne en attendant ; une nouvelle tentative suit automatiquement.
        [pause_began] La connexion est en pause. Rien n’est écrit dans Optedo jusqu’à ce que vous repreniez.
        [resumed] Repris. Tout le monde est vérifié maintenant.
        [audit_started] Le contrôle a commencé. Les différences apparaîtront ici.
        [difference_restored] Le rétablissement est en cours. La différence disparaît dès qu’Optedo est à jour.
        [difference_changed] Optedo a encore été modifié entre-temps. Rien n’a été écrasé ; regardez la différence à nouveau.
        [difference_kept] Cela reste ainsi, jusqu’à ce que l’absence change dans Officient.
        [person_choice_saved] Le choix est enregistré. Cette personne est vérifiée maintenant.
        [mapping_saved] Le choix est enregistré. Tout le monde est vérifié maintenant.
        [notifications_saved] Les destinataires et la langue sont enregistrés.
        [settings_saved] Les paramètres sont enregistrés.
        [test_message_requested] Le message de test est envoyé.
    }

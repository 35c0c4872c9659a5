"""What the actors keep of people, why and how long; where somebody may be named."""

from __future__ import annotations

from horizon.actors.services import names, upkeep
from horizon.kernel.naming import FreeText, declare_free_texts
from horizon.kernel.processing import NOBODY_ELSE, Kept, Processing, declare_processing


def declare() -> None:
    """Tells the kernel."""
    declare_free_texts(
        FreeText("actors.Invitation", ("message",)),
        FreeText("actors.OrganizationRole", ("end_reason",)),
        FreeText("actors.RelayConsent", ("consent",)),
        FreeText("actors.Membership", ("motive", "reason", "heard_from")),
        FreeText("actors.Contact", ("name", "function", "phone", "email")),
        FreeText("actors.ContactNote", ("text",)),
        FreeText("actors.OrganizationLink", ("evidence", "reason")),
        FreeText("actors.Pole", ("description",)),
        FreeText("actors.PoleChange", ("said", "decided_by")),
        FreeText("actors.Mandate", ("title", "decided_by")),
    )
    declare_processing(
        Processing(
            "accounts", "Les comptes", "Reconnaître qui entre, par un code envoyé à son adresse, et lui écrire.",
            "L’exécution du service que la personne demande (RGPD, article 6, 1, b).",
            "Les personnes qui entrent, de 15 ans ou plus.",
            "Adresse électronique, nom si elle le donne, date de la dernière entrée, date à laquelle elle a dit avoir 15 ans.",
            (
                Kept(("actors.Person", "account.EmailAddress"), "Le compte",
                     "Jusqu’à son effacement ; trois ans sans entrer, après un message un mois avant, sauf pour qui tient une page "
                     "ou un mandat.", forget=upkeep.forget_silent_people),
                Kept(("actors.Person",), "Une adresse qui demande un code et ne l’utilise pas", "Deux jours.",
                     job="forget people who never entered"),
                Kept(("mfa.Authenticator",), "Clés d’accès (publiques), application de codes et codes de secours (chiffrés)",
                     "Jusqu’à leur retrait.", with_account=True),
                Kept(("actors.LeftName",), "Le nom d’une personne effacée, quand il se lit dans plus de vingt textes d’autres",
                     "Jusqu’à ce que l’équipe d’animation ait lu ces textes ; un jour après « laisser », trente jours sans réponse.",
                     forget=names.forget_left_names),
                Kept(("sessions.Session", "usersessions.UserSession"), "L’accès ouvert sur un appareil : quel appareil, depuis quand, dernière action",
                     "Quatre-vingt-dix jours après l’entrée, ou d’un bouton.",
                     forget=upkeep.forget_sessions),
            ),
        ),
        Processing(
            "roles", "Qui agit pour qui", "Savoir qui tient la page d’une structure, qui a un mandat, qui est invité à agir.",
            "L’intérêt légitime à ce qu’une page soit tenue par qui en répond (RGPD, article 6, 1, f).",
            "Les personnes qui agissent pour une structure, un pôle ou une collectivité, et celles qu’on y invite.",
            "Pour qui, de quand à quand, comment c’est prouvé, pourquoi c’est fini ; l’adresse invitée et le mot qui accompagne ; "
            "pour un mandat, l’adresse et le téléphone que la personne choisit de montrer.",
            (
                Kept(("actors.OrganizationRole",), "Le fait d’avoir agi pour une structure", "Trois ans après la fin.",
                     forget=upkeep.forget_old_roles),
                Kept(("actors.Mandate",), "Les mandats", "Tant que dure le compte.", with_account=True),
                Kept(("actors.SeenAgent",), "Le SIRET dit par ProConnect, quand c’est une collectivité du territoire",
                     "Un an après la réponse du bureau.", forget=upkeep.forget_old_agents),
                Kept(("actors.Invitation",), "Invitations et demandes", "Quatre-vingt-dix jours, répondues ou non.",
                     forget=upkeep.forget_old_invitations),
                Kept(("actors.Mandate",), "L’adresse et le téléphone que la personne choisit de montrer à côté de son nom",
                     "Tant que dure le mandat et qu’elle montre son nom ; effacés d’un bouton.", forget=upkeep.forget_shown_contacts),
            ),
            recipients="Les personnes qui tiennent la même page et l’équipe d’animation ; tout le monde si la personne le choisit.",
        ),
        Processing(
            "collective", "La vie du collectif", "Suivre les adhésions et les échanges avec les structures.",
            "L’intérêt légitime à animer le collectif (RGPD, article 6, 1, f).",
            "Les personnes qui demandent l’adhésion d’une structure, ou avec qui l’équipe parle.",
            "Qui a demandé, ou l’a dit au bureau, le motif, les notes d’appel et leur auteur ; "
            "nom, fonction, téléphone et adresse des personnes à joindre.",
            (
                Kept(("actors.ContactNote",), "Les notes d’appel", "Trois ans, ou jusqu’au rappel s’il reste à faire.", forget=upkeep.forget_old_notes),
                Kept(("actors.Membership",), "L’adhésion d’une structure", "Elle est à la structure ; qui l’a demandée, tant que dure "
                     "son compte.", with_account=True),
                Kept(("actors.OrganizationLink",), "Un lien entre deux structures", "Il est aux deux structures ; qui l’a dit, tant que "
                     "dure son compte.", with_account=True),
                Kept(("actors.Contact",), "Les personnes à joindre dans une structure, avec ou sans compte",
                     "Trois ans après le dernier changement, ou dès qu’elles le demandent.", forget=upkeep.forget_old_contacts),
                Kept(("actors.Membership",), "Qui a dit au bureau une demande d’adhésion", "Un an.", forget=upkeep.forget_who_asked),
            ),
            recipients=NOBODY_ELSE,
        ),
    )  # fmt: skip

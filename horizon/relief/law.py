"""What the law and good sense ask, said where one calls, offers and goes."""

from __future__ import annotations

DANGER = "Danger immédiat ? Appelez le 112 (ou le 114 par SMS). Ici, on organise l’entraide : ce n’est pas un service de secours."
REMINDERS = (
    "Les bénévoles aident des personnes, des associations ou une collectivité, jamais une entreprise, même de l’ESS (SCOP, SAS…).",
    "Il faut avoir 18 ans.",
    "Assurance : qui reçoit vérifie que son contrat couvre les bénévoles ; qui vient vérifie sa responsabilité civile.",
    "On vient aider, pas soigner ni secourir : ce qui demande un diplôme revient aux professionnels.",
)
NOT_FOR = "Pas d’appel au nom de {name} : sa forme juridique est celle d’une entreprise, où les bénévoles ne vont jamais. Passez par « Échanges »."
NEVER_FOR_A_COMPANY = "Les bénévoles ne vont jamais dans une entreprise. Pour elle, passez par « Échanges » : demandez une prestation."
ADULTS_ONLY = "Il faut avoir 18 ans : cochez la case si c’est le cas."

"""The demonstration may let anybody « entrer comme… »: only on a database that it made itself, of invented people."""

from __future__ import annotations


class NotTheDemonstration(RuntimeError):
    """Demo mode was asked for a database with real content."""


def refuse_real_database() -> None:
    """Raises NotTheDemonstration unless the demonstration made this database and nothing real came into it since."""
    from horizon.actors.models import Demonstration
    from horizon.directory.models import Publication

    if not Demonstration.objects.exists() or Publication.objects.filter(current=True, demo=False).exists():
        raise NotTheDemonstration(
            "Le mode démonstration (HORIZON_DEMO_MODE) est refusé : cette base n’a pas été faite par « make demo ». "
            "Retirez ce réglage, ou choisissez un autre dossier HORIZON_VAR."
        )


def refuse_real_directory(real: bool) -> None:
    """Raises NotTheDemonstration when a real directory would stand among the invented people of the demonstration."""
    from horizon.actors.models import Demonstration

    if real and Demonstration.objects.exists():
        raise NotTheDemonstration(
            "Cette base est celle de la démonstration : ses personnes, ses besoins et ses accords sont inventés. "
            "Publiez un vrai annuaire ailleurs : export HORIZON_VAR=/chemin, puis horizon setup, observe et publish."
        )


def mark_demonstration() -> None:
    """Marks a database with nothing in it as made by the demonstration. Raises NotTheDemonstration otherwise."""
    from horizon.actors.models import Demonstration, Person
    from horizon.directory.models import Publication

    if Demonstration.objects.exists():
        return
    if Publication.objects.filter(demo=False).exists() or Person.objects.filter(demo=False).exists():
        raise NotTheDemonstration(
            "Cette base contient de vraies données : la démonstration ne s’y installe pas. "
            "Choisissez un autre dossier : HORIZON_VAR=/chemin make demo"
        )
    Demonstration.objects.create()

"""Fictional news in eight other languages, for pages that an English corpus must leave out."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

__all__ = ["LANGUAGES", "foreign_paragraphs", "foreign_title"]

LANGUAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": (
            "Der Gemeinderat von {place} hat am Dienstag beschlossen, die alte Brücke zu erneuern.",
            "Nach Angaben der Polizei wurden bei dem Unfall {n} Menschen leicht verletzt.",
            "Die Bürgermeisterin sagte, die Kosten seien höher als erwartet, aber noch zu tragen.",
            "Am Wochenende werden wieder viele Besucher auf dem Marktplatz erwartet.",
            "Warum das Feuer ausbrach, ist noch nicht geklärt; die Ermittlungen dauern an.",
            "Der Verein hat in diesem Jahr {n} neue Mitglieder gewonnen, so viele wie lange nicht.",
            "Für die Anwohner bedeutet das, dass die Straße bis zum Herbst gesperrt bleibt.",
            "Das Gericht will sein Urteil in der kommenden Woche verkünden.",
        ),
        "es": (
            "El ayuntamiento de {place} aprobó el martes la reforma del antiguo puente.",
            "Según la policía, {n} personas resultaron heridas leves en el accidente.",
            "La alcaldesa dijo que los gastos son más altos de lo previsto, pero asumibles.",
            "Este fin de semana se esperan muchos visitantes en la plaza del mercado.",
            "Todavía no se sabe por qué empezó el incendio y la investigación continúa.",
            "La asociación ha ganado {n} nuevos socios en lo que va de año.",
            "Para los vecinos, esto significa que la calle seguirá cerrada hasta el otoño.",
            "El tribunal dará a conocer su sentencia la próxima semana.",
        ),
        "fr": (
            "Le conseil municipal de {place} a décidé mardi de rénover le vieux pont.",
            "Selon la police, {n} personnes ont été légèrement blessées dans l'accident.",
            "La maire a déclaré que les coûts étaient plus élevés que prévu, mais supportables.",
            "De nombreux visiteurs sont attendus ce week-end sur la place du marché.",
            "On ne sait pas encore pourquoi l'incendie s'est déclaré et l'enquête se poursuit.",
            "L'association a gagné {n} nouveaux membres depuis le début de l'année.",
            "Pour les riverains, cela signifie que la rue restera fermée jusqu'à l'automne.",
            "Le tribunal rendra son jugement la semaine prochaine.",
        ),
        "it": (
            "Il consiglio comunale di {place} ha deciso martedì di rinnovare il vecchio ponte.",
            "Secondo la polizia, {n} persone sono rimaste ferite lievemente nell'incidente.",
            "La sindaca ha detto che i costi sono più alti del previsto, ma ancora sostenibili.",
            "Nel fine settimana sono attesi molti visitatori nella piazza del mercato.",
            "Non si sa ancora perché sia scoppiato l'incendio e le indagini continuano.",
            "L'associazione ha guadagnato {n} nuovi soci dall'inizio dell'anno.",
            "Per gli abitanti questo significa che la strada resterà chiusa fino all'autunno.",
            "Il tribunale pronuncerà la sentenza la prossima settimana.",
        ),
        "nl": (
            "De gemeenteraad van {place} heeft dinsdag besloten de oude brug te vernieuwen.",
            "Volgens de politie raakten bij het ongeluk {n} mensen lichtgewond.",
            "De burgemeester zei dat de kosten hoger zijn dan verwacht, maar nog te dragen.",
            "Dit weekend worden er weer veel bezoekers verwacht op het marktplein.",
            "Waarom de brand uitbrak is nog niet duidelijk; het onderzoek gaat verder.",
            "De vereniging heeft dit jaar {n} nieuwe leden gekregen, meer dan ooit.",
            "Voor de bewoners betekent dit dat de straat tot het najaar gesloten blijft.",
            "De rechtbank doet volgende week uitspraak in de zaak.",
        ),
        "pl": (
            "Rada miasta {place} zdecydowała we wtorek o remoncie starego mostu.",
            "Według policji w wypadku zostało lekko rannych {n} osób.",
            "Burmistrz powiedziała, że koszty są wyższe niż oczekiwano, ale możliwe do poniesienia.",
            "W weekend na rynku znowu spodziewanych jest wielu gości.",
            "Nie wiadomo jeszcze, dlaczego wybuchł pożar; śledztwo trwa.",
            "Stowarzyszenie zyskało w tym roku {n} nowych członków.",
            "Dla mieszkańców oznacza to, że ulica pozostanie zamknięta do jesieni.",
            "Sąd ogłosi wyrok w przyszłym tygodniu.",
        ),
        "pt": (
            "A câmara municipal de {place} decidiu na terça-feira renovar a velha ponte.",
            "Segundo a polícia, {n} pessoas ficaram levemente feridas no acidente.",
            "A prefeita disse que os custos são mais altos do que o previsto, mas suportáveis.",
            "Neste fim de semana são esperados muitos visitantes na praça do mercado.",
            "Ainda não se sabe por que o incêndio começou e a investigação continua.",
            "A associação ganhou {n} novos sócios desde o início do ano.",
            "Para os moradores, isso significa que a rua ficará fechada até o outono.",
            "O tribunal vai anunciar a sentença na próxima semana.",
        ),
        "sv": (
            "Kommunfullmäktige i {place} beslutade på tisdagen att renovera den gamla bron.",
            "Enligt polisen skadades {n} personer lindrigt i olyckan.",
            "Borgmästaren sade att kostnaderna är högre än väntat, men att de går att bära.",
            "I helgen väntas många besökare till torget igen.",
            "Varför branden bröt ut är ännu inte klarlagt och utredningen fortsätter.",
            "Föreningen har fått {n} nya medlemmar sedan årets början.",
            "För de boende betyder det att gatan är avstängd fram till hösten.",
            "Domstolen meddelar sin dom i nästa vecka.",
        ),
    }
)
"""Sentences by language code."""


def foreign_title(language: str, *, place: str, chance: Random) -> str:
    """A headline: one of the sentences without its full stop."""
    sentence = chance.choice(LANGUAGES[language])
    return sentence.format(place=place, n=chance.randint(5, 90)).rstrip(".")


def foreign_paragraphs(language: str, *, place: str, chance: Random) -> tuple[str, ...]:
    """Between four and nine paragraphs of three to five sentences."""
    return tuple(
        " ".join(
            sentence.format(place=place, n=chance.randint(5, 90))
            for sentence in chance.sample(LANGUAGES[language], k=chance.randint(3, 5))
        )
        for _ in range(chance.randint(4, 9))
    )

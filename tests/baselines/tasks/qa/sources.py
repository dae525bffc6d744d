"""Small files in the original forms of the three tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BRIDGE = "The  mayor of Łódź opened the 1st bridge.\nIt cost 7½ million; 🚂 trains use it."
RAIN = "Nobody came to the harbour, and it rained for three days."


def saved(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False))
    return path


def squad(*paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """SQuAD's JSON of (context, qas)."""
    articles = [{"title": "x", "paragraphs": [{"context": c, "qas": q}]} for c, q in paragraphs]
    return {"version": "1.1", "data": articles}


def asked(
    number: str, context: str, *answers: str, question: str = "What is it?", **more: Any
) -> dict[str, Any]:
    """One of SQuAD's qas, with its answers where they first stand."""
    found = [{"text": each, "answer_start": context.index(each)} for each in answers]
    return {"id": number, "question": question, "answers": found, **more}


def hotpotqa(number: str, answer: str, **more: Any) -> dict[str, Any]:
    """One of HotpotQA's questions."""
    return {
        "_id": number,
        "question": "Which river does the bridge of Oz cross?",
        "answer": answer,
        "type": "bridge",
        "level": "hard",
        "supporting_facts": [["Oz", 1], ["Nile", 0]],
        "context": [
            ["Ames", ["Ames lies on the Nile.", " No one knows."]],
            ["Oz", ["Oz is a town.", " Its bridge crosses the Nile."]],
            ["Nile", ["The Nile is a river.", " It is 1990s long."]],
        ],
        **more,
    }


def triviaqa(domain: str = "Wikipedia", **more: Any) -> dict[str, Any]:
    """TriviaQA's JSON with one question."""
    question = {
        "Question": "Where does Norma Desmond live?",
        "QuestionId": "tc_1",
        "Answer": {
            "Value": "Sunset Boulevard",
            "Aliases": ["Sunset Blvd.", "Sunset Boulevard"],
            "NormalizedAliases": ["sunset blvd", "sunset boulevard"],
            "NormalizedValue": "sunset boulevard",
            "Type": "WikipediaEntity",
        },
        "EntityPages": [
            {"Filename": "Norma.txt", "Title": "Norma"},
            {"Filename": "Hollywood.txt", "Title": "Hollywood"},
        ],
        "SearchResults": [{"Filename": "35/35_9.txt", "Rank": 0, "Title": "x"}],
        **more,
    }
    return {"Data": [question], "Domain": domain, "VerifiedEval": False, "Version": 1.0}


EVIDENCE = {
    "wikipedia/Norma.txt": "She lives on Sunset\nBoulevard. SUNSET BLVD. is long; sunset boulevards are not.",
    "wikipedia/Hollywood.txt": "A part of Los Angeles.",
    "web/35/35_9.txt": "Sunset blvd, the musical",
}


def evidence(folder: Path) -> Path:
    for name, text in EVIDENCE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder

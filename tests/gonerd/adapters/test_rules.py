from gonerd import Document
from gonerd.adapters.rules import entities_by_rule


def test_rules_find_what_capitals_and_patterns_tell() -> None:
    text = (
        "PORT ELLERY - Judge Ada Marlow, 54, of Harbor Trust Inc. lives at 12 Larkspur Avenue. Marlow met a "
        "34-year-old in Ostrava. Call (555) 010-0199."
    )
    document = Document(id="a", text=text)
    found = {(document.mention(e), e.label, e.subtype) for e in entities_by_rule(document)}
    assert found >= {
        ("Ada Marlow", "PER", ""),
        ("Marlow", "PER", ""),
        ("Ostrava", "LOC", ""),
        ("54", "MISC", "AGE"),
        ("34-year-old", "MISC", "AGE"),
        ("12 Larkspur Avenue", "MISC", "ADDRESS"),
        ("(555) 010-0199", "MISC", "PHONE"),
    }


def test_an_address_reaches_to_the_town_and_the_age_of_a_fossil_is_none() -> None:
    text = "Write to 12 Larkspur Avenue, Suite 3, Port Ellery, Ohio 45402. The fossil is 76,000 years old."
    found = entities_by_rule(Document(id="a", text=text))
    (address,) = (entity for entity in found if entity.label == "MISC")
    assert text[address.start : address.end] == (
        "12 Larkspur Avenue, Suite 3, Port Ellery, Ohio 45402"
    )

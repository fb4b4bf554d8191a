"""Names of columns, from those in the files."""

import re
import unicodedata

# Words that are reserved in Spark's ANSI SQL, or that SQLFluff takes for reserved.
RESERVED = re.compile(
    r"all|and|anti|any|as|authorization|between|both|by|case|cast|check|collate|column|"
    r"constraint|create|cross|current_date|current_time|current_timestamp|current_user|"
    r"distinct|else|end|escape|except|exists|false|fetch|filter|for|foreign|from|full|grant|"
    r"group|having|in|inner|intersect|interval|into|is|join|lateral|leading|left|like|minus|"
    r"natural|not|null|offset|on|only|or|order|outer|overlaps|primary|references|right|"
    r"select|semi|session_user|set|some|table|then|time|to|trailing|true|union|unique|"
    r"unknown|user|using|values|view|when|where|window|with|within"
)


def column_name(name: str) -> str:
    """A name for SQL: `Ziyaretçi / Gün` -> `ziyaretci_gun`; letters, digits and underscores."""
    # Lower case splits the Turkish dotted capital I, and the dotless one has no base letter.
    plain = unicodedata.normalize(
        "NFKD", name.lower().replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")
    )
    ascii_ = "".join(letter for letter in plain if not unicodedata.combining(letter))
    found = re.sub(r"[^a-z0-9]+", "_", ascii_).strip("_")
    if RESERVED.fullmatch(found):
        return f"{found}_"
    return f"column_{found}" if found[:1].isdigit() else found or "unnamed"

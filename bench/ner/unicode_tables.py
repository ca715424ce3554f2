#!/usr/bin/env python3
"""Writes crates/copydesk-ner/src/unicode_tables.rs from this interpreter's own character classes.

spaCy, and the training of the transformer, ask Python's `str`, `re` and `unicodedata` which characters are letters, digits and so on; Rust's standard library answers
a few of these questions differently (marks, letter-like numbers), so the crate carries Python's answers.

usage: unicode_tables.py > crates/copydesk-ner/src/unicode_tables.rs
"""
import sys
import unicodedata

TABLES = {
    "ALPHA": ("`str.isalpha`: the general categories L*", str.isalpha),
    "DECIMAL": ("`str.isdecimal`, and `\\d` of `re`: the general category Nd", str.isdecimal),
    "DIGIT": ("`str.isdigit` and not `str.isdecimal`: superscripts, circled digits and the like",
              lambda c: c.isdigit() and not c.isdecimal()),
    "NUMERIC": ("`str.isnumeric` and neither decimal nor digit", lambda c: c.isnumeric() and not c.isdigit()),
    "PUNCT": ("the general categories P*", lambda c: unicodedata.category(c).startswith("P")),
    "NUMBER": ("the general categories N*", lambda c: unicodedata.category(c).startswith("N")),
    "OTHER": ("the general categories C*: controls, formats, private and unassigned",
              lambda c: unicodedata.category(c).startswith("C")),
    "NONSPACING_MARK": ("the general category Mn", lambda c: unicodedata.category(c) == "Mn"),
}


def ranges(test):
    out, start = [], None
    for code in range(0x110000):
        yes = not 0xD800 <= code < 0xE000 and test(chr(code))
        if yes and start is None:
            start = code
        if not yes and start is not None:
            out.append((start, code - 1))
            start = None
    return out


print(f"""//! Character classes as Python {sys.version_info[0]}.{sys.version_info[1]} has them (Unicode {unicodedata.unidata_version}).
//!
//! Written by bench/ner/unicode_tables.py; not edited by hand. Each table is a sorted list of inclusive ranges,
//! flattened: first, last, first, last. `unicode.rs` is the only reader.
""")
for name, (doc, test) in TABLES.items():
    flat = [n for pair in ranges(test) for n in pair]
    print(f"/// {doc}.\n#[rustfmt::skip]\npub(crate) const {name}: &[u32] = &[")
    line = "   "
    for n in flat:
        item = f" {n},"
        if len(line) + len(item) > 108:
            print(line)
            line = "   "
        line += item
    print(line + "\n];\n")

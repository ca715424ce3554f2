#!/usr/bin/env python3
"""What corpus.py promises: what it reads, what it reports, and that a line that keeps the guide is left alone."""
import unittest

import corpus


def problems(*lines, kept=(), senses=None, common=()):
    """Of an article with these lines, without file names and line numbers."""
    found = corpus.corpus_problems([("articles-x.txt", 1, list(lines))], dict.fromkeys(kept, []), senses or {}, set(common))
    return [problem.split(": ", 1)[1] for problem in found]


class Reading(unittest.TestCase):
    def test_marks_are_taken_out_and_point_at_their_text(self):
        text, ents = corpus.read("[PERSON Ada Quill] met [GPE Łódź]'s mayor on [DATE 3 May].")
        self.assertEqual(text, "Ada Quill met Łódź's mayor on 3 May.")
        self.assertEqual([(text[begin:end], kind) for begin, end, kind in ents],
                         [("Ada Quill", "PERSON"), ("Łódź", "GPE"), ("3 May", "DATE")])

    def test_a_line_without_marks_is_its_own_text(self):
        self.assertEqual(corpus.read("Nothing happened."), ("Nothing happened.", []))

    def test_a_tenth_is_held_out_and_an_article_stays_on_its_side(self):
        sides = [corpus.is_held_out([f"Paragraph {number}."]) for number in range(2000)]
        self.assertAlmostEqual(sum(sides) / len(sides), 0.1, delta=0.03)
        self.assertEqual(corpus.is_held_out(["[GPE Rome] fell."]), corpus.is_held_out(["[ORG Rome] fell."]))


class Checking(unittest.TestCase):
    def test_a_line_that_keeps_the_guide_has_no_problem(self):
        self.assertEqual(problems("In [GPE Porto] [CARDINAL more than 300] boats sank [DATE between 1927 and 1936]."), [])

    def test_a_bracket_outside_a_mark_is_reported(self):
        self.assertEqual(problems("He said [sic] so."), ["a bracket outside a mark"])

    def test_an_unknown_type_is_reported(self):
        self.assertEqual(problems("[CITY Porto] slept."), ["no such type: CITY"])

    def test_space_at_the_edge_of_a_mark_is_reported(self):
        self.assertEqual(problems("[GPE Porto ] slept."), ["space at the edge of 'Porto '"])

    def test_articles_and_possessives_are_outside_unless_listed(self):
        self.assertEqual(problems("[ORG The Post] left."), ["a leading article is outside the mark: The Post"])
        self.assertEqual(problems("[ORG Dot's] left."), ["a trailing 's is outside the mark: Dot's"])
        self.assertEqual(problems("[ORG Dot's] left.", kept=["Dot's"]), [])

    def test_no_list_excuses_a_possessive_of_a_person(self):
        self.assertEqual(problems("[PERSON Dot's] son left.", kept=["Dot's"]), ["a trailing 's is outside the mark: Dot's"])

    def test_an_entry_that_nothing_needs_is_reported(self):
        self.assertEqual(problems("No one left.", kept=["Dot's"]), ["nothing is marked so: Dot's"])
        self.assertEqual(problems("No one left.", senses={"Dot": ["ORG a cafe"]}), ["nothing is marked so: Dot"])

    def test_a_name_of_two_types_is_reported_unless_its_senses_are_listed(self):
        lines = "[GPE Porto] won.", "[ORG Porto] lost."
        self.assertEqual(problems(*lines), ["Porto is marked {'GPE': 1, 'ORG': 1}; decide, or list it with its senses"])
        self.assertEqual(problems(*lines, senses={"Porto": ["GPE the place", "ORG the club"]}), [])

    def test_a_sense_that_is_not_listed_is_reported(self):
        found = problems("[GPE Porto] won.", "[FAC Porto] lost.", senses={"Porto": ["GPE the place", "ORG the club"]})
        self.assertEqual(found, ["Porto is listed as ['GPE', 'ORG'] and marked {'GPE': 1, 'FAC': 1}"])

    def test_a_number_may_be_an_age_a_count_or_a_score(self):
        self.assertEqual(problems("She is [DATE 14].", "They won by [CARDINAL 14]."), [])

    def test_a_name_left_unmarked_is_reported_unless_listed(self):
        lines = "[ORG Quill Press] closed.", "At Quill Press nobody spoke."
        self.assertEqual(problems(*lines), ["unmarked here and marked elsewhere: Quill Press"])
        self.assertEqual(problems(*lines, common=["Quill Press"]), [])

    def test_a_paragraph_that_stands_twice_is_reported(self):
        line = "A paragraph that is long enough to stand on both sides of the split."
        self.assertEqual(problems(line, line), ["the same text as articles-x.txt:1"])
        self.assertEqual(problems("More news", "More news"), [])

    def test_each_rule_that_a_pattern_can_see_reports_what_breaks_it(self):
        breaking = (
            "More than [CARDINAL 300] came.", "He ran between [DATE 1927] and [DATE 1936].", "From [DATE 1927] to [DATE 1936] he ran.",
            "It was [CARDINAL over 300].", "The [LAW Quill Act] of [DATE 2007] fell.", "In [DATE late May] it rained.", "It was the [ORDINAL third] day.", "Winds of [QUANTITY 70 miles an hour] rose.",
            "He fell [CARDINAL twice].", "The HMS [PRODUCT Quill] sank.", "Shares of Quill <QUIL.L> fell.",
            "At [FAC Truro station] it rained.", "At the [FAC Quill Museum] it rained.")
        self.assertEqual(len(breaking), len(corpus.DECIDED))
        for line, (rule, _) in zip(breaking, corpus.DECIDED):
            with self.subTest(line):
                self.assertEqual([problem.split(": ")[0] for problem in problems(line)], [rule])

    def test_no_rule_reports_what_the_guide_allows(self):
        for line in ("It had [CARDINAL 2,000] fewer than [DATE last year].", "A train between [GPE York] and [GPE Hull] stopped.",
                     "The age rose from [DATE 62] to [DATE 64].", "It was [DATE mid-May].", "On [DATE All Saints' Day] it rained.", "Over [CARDINAL 300] fell.", "His [ORDINAL third] goal won it.",
                     "Winds of [QUANTITY 70 miles] an hour rose.", "Shares of Quill <[ORG QUIL.L]> fell.", "[ORG Quill Museum] shut."):
            with self.subTest(line):
                self.assertEqual(problems(line), [])


if __name__ == "__main__":
    unittest.main()

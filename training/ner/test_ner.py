"""Promises of the words, the windows and the decoding. Standard library and numpy; run with python3 -m unittest."""
import json
import pathlib
import random
import tempfile
import unittest

import casing
import labels
import open_gold
import words


class WordsTest(unittest.TestCase):
    def surfaces(self, text):
        return [text[begin:end] for begin, end in words.words(text)]

    def test_every_punctuation_character_is_a_word(self):
        self.assertEqual(self.surfaces("US-led (5.30pm)…"), ["US", "-", "led", "(", "5", ".", "30pm", ")", "…"])

    def test_a_dropped_character_does_not_end_a_word(self):
        self.assertEqual(self.surfaces("co\u00adoperate\u200b x"), ["co\u00adoperate", "x"])
        self.assertEqual(words.normalized("co\u00adoperate"), "cooperate")

    def test_accents_and_case_do_not_count(self):
        self.assertEqual(words.normalized("İstanbul"), "istanbul")
        self.assertEqual(words.normalized("ZOË"), "zoe")

    def test_cjk_characters_stand_alone(self):
        self.assertEqual(self.surfaces("東京Tokyo"), ["東", "京", "Tokyo"])

    def test_case_classes(self):
        expected = {"…": words.NO_LETTER, "2020": words.DIGITS, "led": words.LOWER, "3rd": words.LOWER, "Zoë": words.CAPITALIZED,
                    "US": words.UPPER, "A": words.SINGLE_UPPER, "G20": words.SINGLE_UPPER, "McKay": words.MIXED, "iPad": words.MIXED}
        self.assertEqual({word: words.case_class(word) for word in expected}, expected)


class CasingTest(unittest.TestCase):
    def test_offsets_hold_whatever_is_changed(self):
        draw = random.Random(1)
        text, ents = "ŁÓDŹ and İzmir met Straße.", [[9, 14, "GPE"]]
        for _ in range(200):
            changed, marks = casing.disturbed(text, ents, draw, 0.25)
            self.assertIn(len(text) - len(changed), (0, 1))
            self.assertEqual(changed[9:14].casefold()[-4:], "zmir")
            self.assertEqual(marks, ents)


class LabelsTest(unittest.TestCase):
    FOUND = [(0, 3), (4, 9), (10, 12), (13, 17), (18, 22)]

    def names(self, tags):
        return [labels.LABELS[tag] if tag < len(labels.LABELS) else tag for tag in tags]

    def test_a_mention_takes_every_word_that_it_overlaps(self):
        self.assertEqual(self.names(labels.tags(self.FOUND, [[0, 7, "PERSON"], [18, 20, "GPE"]])),
                         ["B-PERSON", "I-PERSON", "O", "O", "B-GPE"])

    def test_a_coarse_mark_allows_what_it_can_mean(self):
        tags = labels.coarse_tags(self.FOUND, [[0, 9, "LOC"], [10, 12, "?"], [13, 17, "PER"]])
        self.assertEqual(tags, [labels.PLACE_BEGINS, labels.PLACE_GOES_ON, labels.IGNORED, labels.TAG["B-PERSON"], labels.UNMARKED])
        meant = [{labels.LABELS[tag] for tag in labels.allowed()[index]} for index in tags if index != labels.IGNORED]
        self.assertEqual(meant[0], {"B-GPE", "B-LOC", "B-FAC"})
        self.assertEqual(meant[1], {"I-GPE", "I-LOC", "I-FAC"})
        self.assertEqual(meant[2], {"B-PERSON"})
        self.assertTrue({"O", "B-NORP", "I-DATE", "B-PRODUCT"} <= meant[3])
        self.assertFalse({label for label in meant[3] if label[2:] in ("PERSON", "ORG", "GPE", "LOC", "FAC")})

    def test_an_exact_tag_allows_itself(self):
        self.assertEqual(labels.allowed()[:len(labels.LABELS)], [[tag] for tag in range(len(labels.LABELS))])


class OpenGoldTest(unittest.TestCase):
    def test_a_name_marked_elsewhere_says_nothing_where_it_is_unmarked(self):
        records = [{"text": "Ann Lee of Oslo\nleft.", "ents": [[11, 15, "LOC"], [0, 7, "PER"]]},
                   {"text": "Oslo, Oslovian, oslo", "ents": []}]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "gold.jsonl"
            path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
            self.assertEqual(open_gold.read(path), [("Ann Lee of Oslo left.", [[0, 7, "PER"], [11, 15, "LOC"]]),
                                                    ("Oslo, Oslovian, oslo", [[0, 4, "?"]])])

    def test_marks_hold_and_what_was_said_completes_them(self):
        said = [(0, 7, "PERSON", 0.9), (11, 14, "FAC", 0.8), (20, 25, "DATE", 0.7)]
        self.assertEqual(open_gold.completed([[0, 7, "PER"], [11, 15, "LOC"], [30, 32, "?"]], said),
                         [[0, 7, "PERSON"], [11, 15, "FAC"], [20, 25, "DATE"]])


if __name__ == "__main__":
    unittest.main()

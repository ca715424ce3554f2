"""Promises of the words, the windows and the decoding. Standard library and numpy; run with python3 -m unittest."""
import random
import unittest

import casing
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


if __name__ == "__main__":
    unittest.main()

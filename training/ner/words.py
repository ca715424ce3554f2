"""Text to words to word pieces, as BERT's uncased BasicTokenizer and WordPiece do, with offsets and letter-case classes.

The Rust engine repeats this file; what is decided here (which characters are dropped, what a word is) decides there.
"""
import functools
import unicodedata

CASES = 8
SPECIAL, NO_LETTER, DIGITS, LOWER, CAPITALIZED, UPPER, SINGLE_UPPER, MIXED = range(CASES)
LONGEST_WORD = 100


def is_dropped(char):
    """Control and format characters, except those that are white space to BERT."""
    if char in "\t\n\r":
        return False
    return char in "\0�" or unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn")


def is_space(char):
    return char in " \t\n\r" or unicodedata.category(char) == "Zs"


def is_punctuation(char):
    code = ord(char)
    if 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126:
        return True
    return unicodedata.category(char).startswith("P")


def is_cjk(char):
    code = ord(char)
    return any(low <= code <= high for low, high in (
        (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
        (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)))


SPACE, ALONE, DROPPED, LETTER = range(4)


@functools.lru_cache(maxsize=65536)
def role(char):
    if is_dropped(char):
        return DROPPED
    if is_space(char):
        return SPACE
    return ALONE if is_punctuation(char) or is_cjk(char) else LETTER


def words(text):
    """[begin, end) of each word, in code points. Dropped characters do not end a word. Linear."""
    found, begin, end = [], None, 0
    for index, char in enumerate(text):
        kind = role(char)
        if kind == DROPPED:
            continue
        if kind == LETTER:
            begin = index if begin is None else begin
            end = index + 1
            continue
        if begin is not None:
            found.append((begin, end))
            begin = None
        if kind == ALONE:
            found.append((index, index + 1))
    if begin is not None:
        found.append((begin, end))
    return found


@functools.lru_cache(maxsize=1 << 18)
def case_class(word):
    """The class of a word by its original characters; letters without case count as lower."""
    letters = [char for char in word if char.isalpha()]
    if not letters:
        return DIGITS if any(unicodedata.category(char).startswith("N") for char in word) else NO_LETTER
    upper = [char.isupper() for char in letters]
    if not any(upper):
        return LOWER
    if len(letters) == 1:
        return SINGLE_UPPER
    if all(upper):
        return UPPER
    return CAPITALIZED if upper[0] and not any(upper[1:]) else MIXED


def normalized(word):
    """Lower case, without dropped characters and accents."""
    kept = "".join(char for char in word if not is_dropped(char)).lower()
    return "".join(char for char in unicodedata.normalize("NFD", kept) if unicodedata.category(char) != "Mn")


class Vocabulary:
    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            self.entries = [line.rstrip("\n") for line in lines]
        self.ids = {entry: index for index, entry in enumerate(self.entries)}
        self.unknown, self.begin, self.separator = (self.ids[name] for name in ("[UNK]", "[CLS]", "[SEP]"))
        self.pieces = functools.lru_cache(maxsize=1 << 18)(self._pieces)

    def _pieces(self, word):
        """Greedy longest matches; the whole word is [UNK] if any part of it is in no entry."""
        word = normalized(word)
        if not word:
            return ()
        if len(word) > LONGEST_WORD:
            return (self.unknown,)
        found, begin = [], 0
        while begin < len(word):
            prefix = "##" if begin else ""
            for end in range(len(word), begin, -1):
                index = self.ids.get(prefix + word[begin:end])
                if index is not None:
                    found.append(index)
                    begin = end
                    break
            else:
                return (self.unknown,)
        return tuple(found)

    def split(self, text):
        """(begin, end, pieces, case class) of each word that has pieces."""
        whole = []
        for begin, end in words(text):
            word = text[begin:end]
            pieces = self.pieces(word)
            if pieces:
                whole.append((begin, end, pieces, case_class(word)))
        return whole

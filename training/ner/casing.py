"""Letter case and final stops changed now and then, since headlines, captions and web comments are written so."""
import re


def same_length(text, changed):
    """Some letters grow when their case changes; then the text stays as it was, for the offsets' sake."""
    return changed if len(changed) == len(text) else text


def disturbed(text, ents, draw, rate):
    """Now and then: all lower, all upper, headline case, or without the final stop."""
    chance = draw.random()
    if chance < rate:
        text = same_length(text, text.lower())
    elif chance < 1.6 * rate:
        text = same_length(text, text.upper())
    elif chance < 2.0 * rate:
        text = same_length(text, re.sub(r"\b[a-z](?=\w{2})", lambda found: found[0].upper(), text))
    elif chance < 3.5 * rate and text.endswith(".") and (not ents or ents[-1][1] < len(text)):
        text = text[:-1]
    return text, ents

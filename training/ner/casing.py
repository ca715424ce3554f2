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


FIRST = "info sales press mark mreyes anna.k t_weber admin help news karen.hill editor ops77 dfarmer no-reply webmaster".split()
NAMES = ("northgate blueharbor corvanta lumodesk daily-herald tricity mapleleaf openforum pets4u goldriver ecu mit enet "
         "westmark cityguide helpline stuffit theregion bargainbarn hotelfinder quillnet trailhead").split()
ENDS = "com com com org net edu gov co.uk de co.nz ca io info com.au in".split()
PATHS = "index.html news/2011/04 opinion/letters.asp forum?id=8812 files/report_v2.pdf en-US about the-big-story-today tag/sport q".split()
FILES = "Budget_2004.xls coverletter_final.doc IMG_0132.jpg notes.txt Q3-forecast.ppt setup.exe Curve_May14.xls redline2.doc".split()
ASIDES = ("LOL BTW FYI IMHO ASAP TIA omg lol IDK PS: RE: FW: CC: :) ;-) >> << *** --- FAQ N/A TBA Q&A VIP DIY OK "
          "WTF PLZ thx Hi! Thanks, Regards, Yes, Well, NOT ALL Subject: From: To: Cc: Sent: Tel: Fax:").split()


def aside(draw):
    """An invented address, file name or bit of web speech: none of them names anybody."""
    host = f"{draw.choice(NAMES)}.{draw.choice(ENDS)}"
    return draw.choice((
        lambda: f"{draw.choice(('http://', 'https://', '', ''))}www.{host}",
        lambda: f"http://{host}/{draw.choice(PATHS)}",
        lambda: host,
        lambda: f"{draw.choice(('', '<', '('))}{draw.choice(FIRST)}@{host}",
        lambda: draw.choice(FILES),
        lambda: f"@{draw.choice(FIRST)}{draw.randrange(100)}",
        lambda: draw.choice(ASIDES), lambda: draw.choice(ASIDES)))()


def with_aside(text, ents, draw, rate):
    """Now and then an aside stands before, behind or amid the text, between mentions."""
    if draw.random() >= rate:
        return text, ents
    spaces = [index for index, char in enumerate(text) if char == " " and not any(b < index < e for b, e, _ in ents)]
    place = draw.choice([-1, len(text), *spaces])
    said = aside(draw)
    if place == -1:
        return f"{said} {text}", [[b + len(said) + 1, e + len(said) + 1, kind] for b, e, kind in ents]
    grown = len(said) + 1
    marks = [[b + grown, e + grown, kind] if b > place else [b, e, kind] for b, e, kind in ents]
    return f"{text[:place]} {said}{text[place:]}", marks

"""The shapes that real pages have and written pieces have not: long paragraphs, one topic through a page, menus of hundreds
of labels, threads of comments, lists of works. Standard library only; used by compose.py.

What is set here was set so that composed pages look as flattened pages of the web do when lines are counted: how long
content and furniture are, how many lines a page has, how many words other prose of the page says too.
"""
import re

WORD = re.compile(r"[^\W\d_]{5,}")
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
ENDS = tuple(".!?”\"。！？»“।")


def is_sentence(text):
    return len(text) > 8 and text.endswith(ENDS)


def paragraphs_of(rng, lines, typical):
    """Sentences that follow each other become paragraphs of `typical` characters, more or less."""
    out, goal = [], 0
    for label, text in lines:
        before = out[-1][1] if out and out[-1][0] and label else ""
        if before and is_sentence(before) and is_sentence(text) and len(before) * (2 if WIDE.search(before) else 1) < goal:
            out[-1] = (1, before + ("" if WIDE.search(before) else " ") + text)
        else:
            out.append((label, text))
            goal = rng.lognormvariate(0, 0.7) * typical
    return out


def topic(article, count=24):
    """The words that an article is about."""
    seen = {}
    for label, text in article:
        if label:
            for word in WORD.findall(text):
                seen[word.lower()] = seen.get(word.lower(), 0) + 1
    return [word for word, _ in sorted(seen.items(), key=lambda item: (-item[1] * len(item[0]), item[0]))[:count]]


def themed(rng, text, words, share):
    """The text with some of its words changed for those of a topic."""
    if not words:
        return text

    def one(match):
        if rng.random() > share:
            return match.group()
        word = rng.choice(words)
        return word[0].upper() + word[1:] if match.group()[0].isupper() else word
    return WORD.sub(one, text)


def labels(rng, headlines, count, topic_words=()):
    """Entries of menus, tags and categories: one to three words of headlines, in capitals at each word or as they are."""
    out, titled, share = [], rng.random() < 0.75, rng.choice([0, 0.1, 0.3])
    for _ in range(count):
        words = [word.strip(",;:.!?\"“”‘’()") for word in themed(rng, rng.choice(headlines), topic_words, share).split(" ")]
        at, size = rng.randrange(max(1, len(words))), rng.choice([1, 1, 2, 2, 2, 3, 4])
        entry = " ".join(word for word in words[at:at + size] if word)
        if entry:
            entry = entry[0].upper() + entry[1:]
            out.append((0, " ".join(w[0].upper() + w[1:] for w in entry.split(" ")) if titled else entry))
    return out


NAMES = ["Dana", "R. Whitlow", "gardener_77", "Marit Solberg", "Tom K.", "Anonymous", "Oluwaseun", "ben.hart", "Ines Prado", "Guest", "Kaz", "Lorna Pike", "sceptic", "JT",
         "Henrike", "Paolo", "Mr Otter", "Aisha B", "wheelie", "Nan in Leeds"]
HEADS = {"en": ["{} Comments", "{} comments:", "{} thoughts on “{}”", "{} Responses to {}", "Comments", "Leave a Reply", "Discussion", "Join the conversation", "Reader comments ({})"],
         "de": ["{} Kommentare", "Kommentare", "Diskussion", "Leserkommentare"], "fr": ["{} commentaires", "Commentaires", "Vos réactions"],
         "es": ["{} comentarios", "Comentarios"], "it": ["{} commenti", "Commenti"], "pt": ["{} comentários", "Comentários"], "nl": ["{} reacties", "Reacties"],
         "pl": ["{} komentarzy", "Komentarze"], "ru": ["{} комментариев", "Комментарии"], "sv": ["{} kommentarer", "Kommentarer"], "da": ["{} kommentarer"], "no": ["{} kommentarer"]}


def discussion(rng, sentences, title, lang, words):
    """Readers' comments below an article, which speak of what it speaks of."""
    out, form = [], rng.randrange(5)
    head = rng.choice(HEADS.get(lang, HEADS["en"])).replace("{}", str(rng.randint(2, 160)), 1).replace("{}", title)
    out.append(head)
    for _ in range(rng.choice([2, 3, 5, 8, 13, 25])):
        date = f"{rng.randint(1, 28)} {rng.choice(['January', 'March', 'May', 'July', 'Oct', 'Dec'])} {rng.randint(2008, 2025)} at {rng.randint(1, 12)}:{rng.randint(10, 59)} {rng.choice(['am', 'pm'])}"
        name = rng.choice(NAMES)
        out += {0: [f"{name} says:", date], 1: [name, date], 2: [name], 3: [f"{name} {date}"], 4: []}[form]
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            said = " ".join(rng.choice(sentences) for _ in range(rng.choice([1, 1, 2, 3])))
            out.append(themed(rng, said, words, 0.15))
        out += {0: ["Reply"], 1: ["Reply", "Report"], 2: ["Like", "Reply"], 3: [], 4: ["ReplyDelete"]}[form]
    return [(0, text) for text in out]


SURNAMES = ["Okafor", "Lindqvist", "Marchetti", "Huang", "Petrov", "Alvarez", "Dubois", "Nakano", "Schreiber", "Oyelaran", "Novak", "Fitzgerald", "Rahman", "Costa"]
JOURNALS = ["J Appl Ecol", "Annals of Civic Studies", "Nutrition Letters", "Proc. Workshop on Measurement", "Int J Sleep", "Energy Reports", "BMC Trials", "Review of Housing"]


def works(rng, headlines, words):
    """The works that an article names at its end."""
    out, numbered = [rng.choice(["References", "Sources", "Footnotes", "Bibliography", "Article Sources", "Works cited", "How we reviewed this article:"])], rng.random() < 0.5
    for number in range(1, rng.randint(3, 30)):
        names = ", ".join(f"{rng.choice(SURNAMES)} {rng.choice('ABCDEGHJKLMRST')}" for _ in range(rng.randint(1, 4)))
        title = themed(rng, rng.choice(headlines), words, 0.4)
        year, pages = rng.randint(1989, 2025), f"{rng.randint(1, 60)}:{rng.randint(1, 900)}-{rng.randint(901, 999)}"
        entry = rng.choice([f"{names}. ({year}). {title}. {rng.choice(JOURNALS)}.", f"{title}. {names}. {rng.choice(JOURNALS)}. {year};{pages}.",
                            f"“{title}.” {rng.choice(JOURNALS)}, {year}, pp. {pages.split(':')[1]}."])
        out.append(f"{number}. {entry}" if numbered else entry)
        if rng.random() < 0.25:
            out.append(f"https://doi.example/10.{rng.randint(1000, 9999)}/{rng.randint(10000, 99999)}")
    return [(0, text) for text in out]


FIELDS = ["Price", "Weight", "Best for", "Rating", "Battery life", "Location", "Hours", "Phone", "Duration", "Deposit", "Size", "Material", "Warranty", "Free plan", "Support", "Website",
          "Year founded", "Serves", "Distance", "Difficulty", "Capacity", "Opening hours", "Average cost", "Screen", "Language", "Level", "Format"]
VERDICTS = ["Yes", "No", "✓", "✗", "Free", "Limited", "Included", "Optional", "N/A", "None", "Fair", "Good"]


def value(rng, headlines):
    return rng.choice([f"${rng.randint(1, 4000):,}", f"{rng.uniform(0, 10):.1f}", f"{rng.randint(1, 99)}%", f"{rng.randint(2, 60)} {rng.choice(['hours', 'mm', 'GB', 'lbs', 'days', 'weeks', 'km'])}",
                       f"({rng.randint(200, 989)}) 555-0{rng.randint(100, 199)}", rng.choice(VERDICTS), rng.choice(VERDICTS), f"${rng.randint(5, 90)}–${rng.randint(91, 400)}/mo",
                       " ".join(rng.choice(headlines).split(" ")[:rng.randint(1, 4)]).strip(",:;.")])


def block(rng, form, fields, headlines):
    """Content that is no prose: what guides, reviews, rankings, prizes and price lists consist of."""
    name = lambda most=3: " ".join(w[:1].upper() + w[1:] for w in rng.choice(headlines).split(" ")[:rng.randint(1, most)]).strip(",:;.?!“”‘’\"")
    if form == "card":
        apart = rng.random() < 0.4
        out = [f"{rng.randint(1, 20)}. {name()}" if rng.random() < 0.3 else name()]
        for field in fields:
            said = value(rng, headlines)
            out += [field, said] if apart else [f"{field}: {said}"]
        return out
    if form == "table":
        rows = [" ".join([name(2)] + [value(rng, headlines) for _ in fields[:4]]) for _ in range(rng.randint(3, 12))]
        return [" ".join(["Name"] + fields[:4])] + rows
    if form == "cells":
        return [cell for _ in range(rng.randint(3, 8)) for cell in [name(2)] + [value(rng, headlines) for _ in fields[:3]]]
    if form == "names":
        return [name(4) for _ in range(rng.randint(5, 40))]
    if form == "sides":
        line = lambda: " ".join(rng.choice(headlines).split(" ")[:rng.randint(3, 9)]).strip(",:;.?!")
        return ["Pros"] + [line() for _ in range(rng.randint(2, 5))] + ["Cons"] + [line() for _ in range(rng.randint(1, 4))]
    if form == "pages":
        return [f"{rng.choice(['Pages', 'Chapter', 'Section', 'Week', 'Day', 'Step'])} {at}: {name(5)}" for at in range(1, rng.randint(4, 25))]
    return [part for _ in range(rng.randint(2, 6)) for part in [name(3), f"{rng.randint(1, 900)} {name(1)} {rng.choice(['St.', 'Ave', 'Road', 'Lane', 'Blvd'])}", f"({rng.randint(200, 989)}) 555-0{rng.randint(100, 199)}"]]


def structured(rng, lines, headlines):
    """Blocks of such content between the paragraphs: mostly of one form through a page."""
    form = rng.choice(["card", "card", "table", "cells", "names", "sides", "pages", "places"])
    fields = rng.sample(FIELDS, rng.randint(2, 6))
    at = [i for i, (label, text) in enumerate(lines) if label and len(text) > 60]
    places = sorted(rng.sample(at, min(len(at), rng.choice([1, 1, 2, 3, 5, 8]))), reverse=True)
    for place in places:
        lines[place + 1:place + 1] = [(1, text) for text in block(rng, form if rng.random() < 0.8 else "names", fields, headlines) if text]
    return lines

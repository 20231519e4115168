"""Who and what by folders and names; where two parts may be it, it is asked, and the answer proposed is right."""

import pytest

from luciole import datasets
from luciole.datasets.reading import paths
from luciole.datasets.reading.account import Account
from luciole.errors import LucioleError


@pytest.mark.parametrize(
    "name",
    [
        "{t}/{p}.csv",
        "{p}/{t}.csv",
        "{p}/{t}/rec.csv",
        "{t}_{p}_01.csv",
        "data/{p}-{t}-hand.csv",
        "{t}1-2024-05-01/{p}.csv",
    ],
)
def test_activities_and_people_are_found_in_paths(invented, name):
    def bare(d):
        return d.drop(columns=["label", "subject"]).assign()

    things = {"stand": "standing", "hop": "hopping"}
    for person, thing, _ in invented.each():
        path = invented.root / name.format(p=person, t=things[thing])
        path.parent.mkdir(parents=True, exist_ok=True)
        bare(invented.frame(person, thing)).to_csv(path, index=False)
    data = datasets.load(invented.root, window=2.0)
    renamed = tuple(
        next(key for key, word in things.items() if name_.startswith(word[:3])) for name_ in data.class_names
    )
    invented.same(datasets.Dataset(data.name, data.X, data.y, renamed, data.channel_names, data.hz, data.subject))
    assert "the label is" in data.describe()
    assert "the person is" in data.describe()


def test_codes_say_themselves(invented):
    codes = {"lea": "S01", "max": "S02", "ida": "S03", "stand": "A1", "hop": "A2"}
    for person, thing, _ in invented.each():
        table = invented.frame(person, thing).drop(columns=["label", "subject"])
        table.to_csv(invented.root / f"{codes[thing]}_{codes[person]}_R01.csv", index=False)
    data = datasets.load(invented.root)
    assert data.class_names == ("A1", "A2")
    assert data.people == ("S01", "S02", "S03")


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("{t}_1/sub_{n}.csv", ("sub 1", "sub 2", "sub 3")),
        ("{t}_p_{n}.csv", ("p 1", "p 2", "p 3")),
        ("id_{n}_{t}_trial_{k}.csv", ("id 1", "id 2", "id 3")),
        ("{t}{more}-user-0{n}.csv", ("user 01", "user 02", "user 03")),  # not the same part in every name
        ("{t}/{more} S{n}.csv", ("S1", "S2", "S3")),
    ],
)
def test_numbers_after_a_word_for_people_are_people_wherever_they_stand(invented, name, people):
    things = {"stand": "standing", "hop": "hopping"}
    for k, (person, thing, _) in enumerate(invented.each()):
        n, more = ("lea", "max", "ida").index(person) + 1, "-slow" if thing == "hop" else ""
        path = invented.root / name.format(t=things[thing], n=n, k=k, more=more)
        path.parent.mkdir(exist_ok=True)
        invented.frame(person, thing).drop(columns=["label", "subject"]).to_csv(path, index=False)
    data = datasets.load(invented.root)
    assert data.class_names == ("hopping", "standing")
    assert data.people == people
    stem = people[0].split()[0].lower().rstrip("1")
    assert datasets.load(invented.root, person=f"name {stem}").people == people


def test_sessions_that_may_be_people_are_asked_about(invented):
    for k in (1, 2):
        for person, thing, _ in invented.each():
            table = invented.frame(person, thing).drop(columns=["label", "subject"])
            table.to_csv(invented.root / f"{person}_{thing}ing_s{k}.csv", index=False)
    with pytest.raises(LucioleError, match=r"person='name 3' \(s1, s2\) or person='name 1' \(ida, lea, max\)"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, person="name 1").people == ("ida", "lea", "max")
    with pytest.raises(LucioleError, match="'name sub': expected a number after 'sub'"):
        datasets.load(invented.root, person="name sub")


def test_two_parts_that_may_be_the_activity_are_asked_about(invented):
    codes = {"stand": "gamma", "hop": "delta"}
    for person, thing, _ in invented.each():
        table = invented.frame(person, thing).drop(columns=["label", "subject"])
        table.to_csv(invented.root / f"{person}_{codes[thing]}.csv", index=False)
    with pytest.raises(LucioleError, match=r"label='name 2' \(delta, gamma\) or label='name 1' \(ida, lea, max\)"):
        datasets.load(invented.root)
    data = datasets.load(invented.root, label="name 2")
    assert data.class_names == ("delta", "gamma")
    assert data.people == ("ida", "lea", "max")


def test_two_parts_that_may_be_the_person_are_asked_about(invented):
    for person, thing, _ in invented.each():
        for town in ("rome", "oslo"):
            path = invented.root / town / f"{person}_{thing}.csv"
            path.parent.mkdir(exist_ok=True)
            invented.frame(person, thing).drop(columns="subject").to_csv(path, index=False)
    with pytest.raises(LucioleError, match=r"person='folder 1' \(oslo, rome\) or person='name 1' \(ida, lea, max\)"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, person="name 1").people == ("ida", "lea", "max")


def test_without_any_activity_the_part_that_might_be_one_is_proposed(invented):
    invented.write(lambda d: d.drop(columns=["label", "subject"]), name="{p}{t}.csv")
    with pytest.raises(LucioleError, match="expected a column 'label'.*label='name 1'"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, label="name 1").classes == 6


def test_a_column_of_labels_that_is_empty_gives_way_to_the_path(invented):
    invented.write(lambda d: d.assign(label=""), name="{t}ing_{p}.csv")
    data = datasets.load(invented.root)
    assert set(data.class_names) == {"hoping", "standing"}


def test_a_column_of_labels_that_says_one_word_everywhere_gives_way_to_the_path(invented):
    invented.write(lambda d: d.assign(label=0), name="{t}/{p}.csv")
    data = datasets.load(invented.root)
    assert data.class_names == ("hop", "stand")
    assert "says '0' everywhere: the activity is that of the path" in data.describe().splitlines()[1]
    assert datasets.load(invented.root, label="label").class_names == ("0",)  # who asks for the column gets it


def test_nobody_named_is_the_first_thing_said(invented):
    data = datasets.load(invented.write(lambda d: d.drop(columns="subject"), name="{t}/7{p}.csv"), person="none")
    assert data.subject is None
    assert "nobody is named" in data.describe().splitlines()[1]


def test_spots_that_options_name():
    places = [("a", "walk_3", "x-y"), ("b", "run_4", "u-v")]
    assert paths.at(places, "folder") == ("walk", "run")  # without the number of the take
    assert paths.at(places, "folder 1") == ("a", "b")
    assert paths.at(places, "name") == ("x-y", "u-v")
    assert paths.at(places, "name 2") == ("y", "v")
    assert paths.at(places, "label") is None
    with pytest.raises(LucioleError, match="'name 3'"):
        paths.at(places, "name 3")


def test_numbers_and_dates_are_nobody():
    places = [(thing, f"{k:02}") for thing in ("wing", "ring") for k in range(4)]
    account = Account()
    assert paths.label(places, account) == tuple(place[0] for place in places)
    assert (
        paths.person(places, [frozenset({place[0]}) for place in places], [place[0] for place in places], account)
        is None
    )

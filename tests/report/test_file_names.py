"""Names of a report's files: plain, short, and different where what they are of is."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmfstudy.report.page.files import plain_name

PLAIN = set(string.ascii_letters + string.digits + "_.-")
LONG = "study_ABC_cohort2_tumour_normal_paired_filtered_log_normalised_counts_batch_corrected_v3"
ENDINGS = [f"k{k}-{side}" for k in (2, 3) for side in "WH"]
STEMS = [LONG, LONG * 5, "\u30c7\u30fc\u30bf", "\u6570\u636e" * 60, "é" * 90]


@given(st.text())
def test_any_text_gives_a_plain_short_name(text):
    name = plain_name(text)
    assert 0 < len(name) <= 80 and set(name) <= PLAIN and name[0] not in ".-"
    assert plain_name(text) == name


@pytest.mark.parametrize(
    "stem", [LONG, LONG * 5, "\u30c7\u30fc\u30bf", "\u6570\u636e" * 60, "é" * 90]
)
def test_k_and_factor_can_be_told_whatever_the_data_are_called(stem):
    names = [plain_name(f"{stem}-{ending}") for ending in ENDINGS]
    assert all(n.endswith(f"-{e}") for n, e in zip(names, ENDINGS, strict=True))
    heads = {n.removesuffix(e) for n, e in zip(names, ENDINGS, strict=True)}
    assert len(heads) == 1  # and that they are of one file


@given(st.sets(st.text(st.sampled_from("a\u30c7\u30fc\u0416\u0436"), max_size=120), min_size=2))
def test_other_letters_give_other_names(stems):
    assert len({plain_name(f"{stem}-k2-W") for stem in stems}) == len(stems)


def test_names_of_plain_letters_stay_and_accents_go():
    assert plain_name("menu-k4-ridge_0.01-3f2a9c") == "menu-k4-ridge_0.01-3f2a9c"
    assert plain_name("laurberg(0.3)-k3") == "laurberg-0.3--k3"
    assert plain_name("Zürich-k2-W") == "Zurich-k2-W"

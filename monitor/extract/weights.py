"""The weights of the regression that says which segments are the article's own (features.py, body.py).

Log odds a unit of each feature; a positive sum means that a segment is the article's own. Trained and printed by
tests/bench/train_body.py; a change of features.NAMES needs a new table.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.extract.features import NAMES

TABLE: Mapping[str, float] = {
    "bias": 3.602,
    "log_chars": -3.420,
    "under_25": -0.619,
    "under_60": -0.294,
    "under_120": -0.764,
    "over_200": 1.039,
    "link_share": -1.677,
    "all_link": 1.030,
    "long_link": -1.174,
    "strong_share": 0.359,
    "ends_sentence": 0.572,
    "ends_ellipsis": -1.368,
    "ends_colon": 0.468,
    "commas": 0.219,
    "quote_mark": 0.299,
    "date_like": -0.668,
    "is_p": 0.891,
    "is_heading": 1.923,
    "is_item": 0.697,
    "is_cell": 0.374,
    "is_div": -0.275,
    "card": -0.610,
    "in_container": 1.544,
    "levels_up": 0.237,
    "levels_down": -0.421,
    "same_shape": 1.920,
    "same_shape_is_top": 0.226,
    "shape_alone": -0.556,
    "before_core": -0.358,
    "after_core": -0.937,
    "first_core": 0.533,
    "gap_to_core": 0.756,
    "near_core": 0.443,
    "prev_core": -0.260,
    "position": -0.951,
    "box_small": -0.132,
    "box_links": -0.444,
    "box_segments": 0.125,
    "prev_link": -0.521,
    "next_link": -0.752,
    "repeated": -0.031,
    "is_title": -2.295,
    "in_description": 0.286,
    "ld_yes": 0.889,
    "ld_no": -1.031,
    "mark_list": 0.989,
    "mark_quote": 1.033,
    "mark_table": 1.270,
    "mark_figure": -0.147,
    "mark_caption": -2.267,
    "mark_aside": -1.344,
    "mark_footer": -0.641,
    "mark_header": -1.540,
    "mark_form": -3.036,
    "mark_article": -0.266,
    "mark_hidden": -0.512,
    "mark_comment": -4.942,
    "mark_related": -0.001,
    "mark_chrome": -0.215,
    "mark_share": -0.828,
    "mark_signup": -0.698,
    "mark_advert": -0.068,
    "mark_tags": 1.275,
    "mark_byline": -1.001,
    "mark_lead": -0.393,
    "mark_body": -0.178,
    "mark_media": -0.696,
    "mark_wall": -0.763,
    "mark_live": 0.151,
}


def ordered(table: Mapping[str, float]) -> tuple[float, ...]:
    """Return the weights in the order of NAMES. Raises ValueError where the table is not of these features."""
    if missing := set(NAMES) ^ set(table):
        raise ValueError(f"weights and features differ in {sorted(missing)}; run tests/bench/train_body.py")
    return tuple(table[name] for name in NAMES)


WEIGHTS = ordered(TABLE)

"""The weights of the regression that says which segments are the article's own (features.py, body.py).

Log odds a unit of each feature; a positive sum means that a segment is the article's own. Trained and printed by
tests/bench/train_body.py; a change of features.NAMES needs a new table.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.extract.features import NAMES

TABLE: Mapping[str, float] = {
    "bias": 3.571,
    "log_chars": -3.395,
    "under_25": -0.615,
    "under_60": -0.294,
    "under_120": -0.758,
    "over_200": 1.034,
    "link_share": -1.685,
    "all_link": 1.041,
    "long_link": -1.150,
    "strong_share": 0.359,
    "ends_sentence": 0.569,
    "ends_ellipsis": -1.357,
    "ends_colon": 0.468,
    "commas": 0.223,
    "quote_mark": 0.304,
    "date_like": -0.668,
    "is_p": 0.888,
    "is_heading": 1.920,
    "is_item": 0.683,
    "is_cell": 0.372,
    "is_div": -0.271,
    "card": -0.604,
    "in_container": 1.500,
    "levels_up": 0.223,
    "levels_down": -0.415,
    "same_shape": 1.908,
    "same_shape_is_top": 0.227,
    "shape_alone": -0.554,
    "before_core": -0.403,
    "after_core": -0.963,
    "first_core": 0.448,
    "gap_to_core": 0.757,
    "near_core": 0.432,
    "prev_core": -0.258,
    "position": -0.970,
    "box_small": -0.076,
    "box_links": -0.444,
    "box_segments": 0.138,
    "prev_link": -0.525,
    "next_link": -0.753,
    "repeated": -0.033,
    "is_title": -2.281,
    "in_description": 0.292,
    "ld_yes": 0.889,
    "ld_no": -1.033,
    "mark_list": 1.000,
    "mark_quote": 1.033,
    "mark_table": 1.258,
    "mark_figure": -0.145,
    "mark_caption": -2.269,
    "mark_aside": -1.352,
    "mark_footer": -0.642,
    "mark_header": -1.558,
    "mark_form": -2.998,
    "mark_article": -0.264,
    "mark_hidden": -0.527,
    "mark_comment": -4.944,
    "mark_related": -0.008,
    "mark_chrome": -0.218,
    "mark_share": -0.829,
    "mark_signup": -0.698,
    "mark_advert": -0.072,
    "mark_tags": 1.274,
    "mark_byline": -1.001,
    "mark_lead": -0.386,
    "mark_body": -0.180,
    "mark_media": -0.696,
    "mark_wall": -0.764,
    "mark_live": 0.149,
}


def ordered(table: Mapping[str, float]) -> tuple[float, ...]:
    """Return the weights in the order of NAMES. Raises ValueError where the table is not of these features."""
    if missing := set(NAMES) ^ set(table):
        raise ValueError(f"weights and features differ in {sorted(missing)}; run tests/bench/train_body.py")
    return tuple(table[name] for name in NAMES)


WEIGHTS = ordered(TABLE)

"""Points in the coordinate systems of Chinese maps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.geo import Crs, distance_km, to_gcj02, to_wgs84

LAT, LON = st.floats(18, 53), st.floats(74, 134)


@given(LAT, LON)
def test_there_and_back_is_within_centimetres(lat: float, lon: float) -> None:
    assert distance_km(lat, lon, *to_wgs84(*to_gcj02(lat, lon), Crs.GCJ02)) < 0.0001


def test_points_are_where_the_maps_have_them() -> None:
    assert to_gcj02(39.915, 116.404) == pytest.approx((39.91640428150164, 116.41024449916938), abs=1e-9)
    shown = 39.90865673957631, 116.39762729119315  # by AMap; by Baidu at 39.915, 116.404
    assert distance_km(*to_wgs84(39.915, 116.404, Crs.BD09), *to_wgs84(*shown, Crs.GCJ02)) < 0.0001
    assert to_wgs84(29.868, 121.544, Crs.WGS84) == (29.868, 121.544)


@given(st.floats(29.7, 30), st.floats(121.1, 121.6))
def test_a_point_of_a_chinese_map_lies_half_a_kilometre_off(lat: float, lon: float) -> None:
    assert 0.3 < distance_km(lat, lon, *to_wgs84(lat, lon, Crs.GCJ02)) < 0.8
    assert 0.3 < distance_km(lat, lon, *to_wgs84(lat, lon, Crs.BD09)) < 2

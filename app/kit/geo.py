"""Points on the earth: distances, and the coordinate systems of Chinese maps."""

from enum import StrEnum
from math import asin, atan2, cos, hypot, pi, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0
_AXIS, _ECCENTRICITY = 6378245.0, 0.00669342162296594323
"""The semi-major axis in metres and the squared eccentricity of Krasovsky's ellipsoid, on which GCJ-02 is defined."""
_BD = pi * 3000 / 180


class Crs(StrEnum):
    """A coordinate system: WGS-84 (GPS, OpenStreetMap), GCJ-02 (AMap, Tencent) or BD-09 (Baidu)."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Return the great-circle distance between two WGS-84 points, in kilometres."""
    north, east = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    square = sin(north) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(square)))


def to_wgs84(lat: float, lon: float, crs: Crs) -> tuple[float, float]:
    """Return the point as WGS-84 latitude and longitude in degrees, accurate to centimetres within China.

    Outside China the systems are not defined.
    """
    if crs is Crs.WGS84:
        return lat, lon
    if crs is Crs.BD09:
        lat, lon = _from_bd09(lat, lon)
    near_lat, near_lon = lat, lon
    for _ in range(8):  # each step reduces the error to about a hundredth
        back_lat, back_lon = to_gcj02(near_lat, near_lon)
        near_lat, near_lon = near_lat + lat - back_lat, near_lon + lon - back_lon
    return near_lat, near_lon


def to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Return a WGS-84 point's latitude and longitude in GCJ-02, as maps published in China show it."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + 20 * sin(y * pi) + 40 * sin(y / 3 * pi) + 160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + 20 * sin(x * pi) + 40 * sin(x / 3 * pi) + 150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    bent = 1 - _ECCENTRICITY * sin(radians(lat)) ** 2
    return (
        lat + north * 180 / (_AXIS * (1 - _ECCENTRICITY) / (bent * sqrt(bent)) * pi),
        lon + east * 180 / (_AXIS / sqrt(bent) * cos(radians(lat)) * pi),
    )


def _from_bd09(lat: float, lon: float) -> tuple[float, float]:
    x, y = lon - 0.0065, lat - 0.006
    far, angle = hypot(x, y) - 0.00002 * sin(y * _BD), atan2(y, x) - 0.000003 * cos(x * _BD)
    return far * sin(angle), far * cos(angle)

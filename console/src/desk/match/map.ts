/** A plain map without tiles: townships as the cells around their points, everything in pixels of one picture. */

export interface Point {
  lat: number
  lon: number
}
type Pixel = [x: number, y: number]

export interface View {
  west: number
  south: number
  east: number
  north: number
}

const KM_PER_DEGREE = 111.2
const LEAST_KM = 3

/** What to show so that all points are in sight, with air around them, and never less than three kilometres. */
export function viewOf(points: readonly Point[]): View {
  const lats = points.map(({ lat }) => lat)
  const lons = points.map(({ lon }) => lon)
  const [south, north] = [Math.min(...lats), Math.max(...lats)]
  const [west, east] = [Math.min(...lons), Math.max(...lons)]
  const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180))
  const padLat = Math.max((north - south) * 0.2, (LEAST_KM / KM_PER_DEGREE - (north - south)) / 2)
  const padLon = Math.max((east - west) * 0.2, (LEAST_KM / KM_PER_DEGREE / shrink - (east - west)) / 2)
  return { south: south - padLat, north: north + padLat, west: west - padLon, east: east + padLon }
}

/** From degrees to pixels of a picture of this size; the same scale in both directions, the view in the middle. */
export function projection(view: View, width: number, height: number): (point: Point) => Pixel {
  const shrink = Math.cos(((view.south + view.north) / 2) * (Math.PI / 180))
  const scale = Math.min(width / ((view.east - view.west) * shrink), height / (view.north - view.south))
  const [lon, lat] = [(view.west + view.east) / 2, (view.south + view.north) / 2]
  return (point) => [width / 2 + (point.lon - lon) * shrink * scale, height / 2 - (point.lat - lat) * scale]
}

/** The part of the box that is nearer to this centre than to any other: the box cut by each bisector in turn. */
export function cellOf(centre: Pixel, others: readonly Pixel[], width: number, height: number): Pixel[] {
  const box: Pixel[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ]
  return others.reduce((cell, other) => cut(cell, centre, other), box)
}

function cut(cell: readonly Pixel[], near: Pixel, far: Pixel): Pixel[] {
  const [dx, dy] = [far[0] - near[0], far[1] - near[1]]
  if (!dx && !dy) return [...cell]
  const side = ([x, y]: Pixel) => (x - (near[0] + far[0]) / 2) * dx + (y - (near[1] + far[1]) / 2) * dy
  return cell.flatMap((from, index) => {
    const to = cell[(index + 1) % cell.length]!
    const [a, b] = [side(from), side(to)]
    const kept: Pixel[] = a <= 0 ? [from] : []
    if (a <= 0 !== b <= 0) {
      const share = a / (a - b)
      kept.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share])
    }
    return kept
  })
}

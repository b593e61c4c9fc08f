/** A plain map without tiles: townships are the areas around their points, in pixels of one picture. */
import { Delaunay } from 'd3-delaunay'

export interface Point {
  lat: number
  lon: number
}
export type Pixel = [x: number, y: number]

export interface View {
  west: number
  south: number
  east: number
  north: number
}

const KM_PER_DEGREE = 111.2
const LEAST_KM = 3

/** Return the view that shows all points with a margin, at least three kilometres wide and high. */
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

/** Return the projection from degrees to pixels: the same scale in both directions, with the view centred. */
export function projection(view: View, width: number, height: number): (point: Point) => Pixel {
  const shrink = Math.cos(((view.south + view.north) / 2) * (Math.PI / 180))
  const scale = Math.min(width / ((view.east - view.west) * shrink), height / (view.north - view.south))
  const [lon, lat] = [(view.west + view.east) / 2, (view.south + view.north) / 2]
  return (point) => [width / 2 + (point.lon - lon) * shrink * scale, height / 2 - (point.lat - lat) * scale]
}

/** A known point of a township: its own or a community's. */
export interface Site {
  at: Pixel
  township: string
}

export interface Areas {
  /** Each township's area, as SVG path data. */
  townships: Map<string, string>
  /** The borders between townships. */
  borders: string
  /** The outline around all of them, some way beyond the outermost points. */
  outline: string
}

const CORNERS = 16
const EDGE = 100_000

/** Return the townships' areas: everything nearest to their points, within `reach` pixels of any point. */
export function areasOf(sites: readonly Site[], reach: number): Areas {
  const voronoi = Delaunay.from(sites.map(({ at }) => at)).voronoi([-EDGE, -EDGE, EDGE, EDGE])
  const townships = new Map<string, string>()
  const edges = new Map<string, { township: string; path: string }>()
  const borders: string[] = []
  sites.forEach(({ township }, index) => {
    const cell = voronoi.cellPolygon(index) as Pixel[] | null
    if (!cell) return // another site has the same point
    townships.set(township, (townships.get(township) ?? '') + pathOf(cell))
    cell.slice(1).forEach((to, corner) => {
      const from = cell[corner]!
      const key = [from, to]
        .map((point) => point.map((x) => x.toFixed(3)).join())
        .sort()
        .join(' ')
      const other = edges.get(key)
      if (!other) edges.set(key, { township, path: `M${pixel(from)}L${pixel(to)}` })
      else if (other.township !== township) borders.push(other.path)
    })
  })
  return { townships, borders: borders.join(''), outline: pathOf(around(sites, reach)) }
}

/** Return the hull of circles around all points. */
function around(sites: readonly Site[], reach: number): Pixel[] {
  const ring = sites.flatMap(({ at: [x, y] }) =>
    Array.from({ length: CORNERS }, (_, corner): Pixel => {
      const turn = (2 * Math.PI * corner) / CORNERS
      return [x + reach * Math.cos(turn), y + reach * Math.sin(turn)]
    }),
  )
  return [...Delaunay.from(ring).hull].map((index) => ring[index]!)
}

const pixel = (point: Pixel): string => point.map((x) => x.toFixed(1)).join()
const pathOf = (corners: readonly Pixel[]): string => `M${corners.map(pixel).join('L')}Z`

export interface Label {
  text: string
  at: Pixel
}
type Box = [left: number, top: number, right: number, bottom: number]

/** Place labels in their order so that they cover neither each other nor `taken`; leave out those without room. */
export function placeLabels(
  labels: readonly Label[],
  taken: readonly Box[],
  size: number,
  width: number,
  height: number,
): Label[] {
  const boxes = [...taken]
  return labels.flatMap(({ text, at: [x, y] }) => {
    const half = ([...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 1 : 0.56), 0) * size) / 2
    for (const down of [0, -1.2, 1.2, -2.2, 2.2]) {
      const baseline = y + (down + 0.35) * size
      const box: Box = [x - half, baseline - size, x + half, baseline + size * 0.2]
      if (box[0] < 1 || box[1] < 1 || box[2] > width - 1 || box[3] > height - 1) continue
      if (boxes.some((other) => overlap(box, other))) continue
      boxes.push(box)
      return [{ text, at: [x, baseline] as Pixel }]
    }
    return []
  })
}

function overlap(one: Box, other: Box): boolean {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3]
}

/** Return the box that a mark of this radius covers. */
export const boxAround = ([x, y]: Pixel, radius: number): Box => [x - radius, y - radius, x + radius, y + radius]

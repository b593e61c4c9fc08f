import { expect, test } from 'vitest'

import { areasOf, boxAround, placeLabels, projection, viewOf } from './map'

test('north is up, east is right, and all points are in sight', () => {
  const points = [
    { lat: 29.86, lon: 121.53 },
    { lat: 29.9, lon: 121.4 },
  ]
  const project = projection(viewOf(points), 250, 200)
  const [[x, y], [otherX, otherY]] = points.map(project) as [[number, number], [number, number]]
  expect(otherX).toBeLessThan(x)
  expect(otherY).toBeLessThan(y)
  for (const [px, py] of [
    [x, y],
    [otherX, otherY],
  ] as const) {
    expect(px > 0 && px < 250 && py > 0 && py < 200).toBe(true)
  }
})

test('one point alone is in the middle of some kilometres', () => {
  const view = viewOf([{ lat: 29.86, lon: 121.53 }])
  expect((view.north - view.south) * 111.2).toBeCloseTo(3)
  expect(projection(view, 250, 200)({ lat: 29.86, lon: 121.53 })).toEqual([125, 100])
})

test("a township's points make one area, and borders run half-way between townships only", () => {
  const { townships, borders, outline } = areasOf(
    [
      { township: '南门', at: [50, 50] },
      { township: '南门', at: [50, 150] },
      { township: '月湖', at: [150, 50] },
      { township: '月湖', at: [150, 150] },
    ],
    20,
  )
  expect([...townships.keys()]).toEqual(['南门', '月湖'])
  expect(townships.get('南门')!.match(/M/g)).toHaveLength(2)
  const xs = [...borders.matchAll(/[ML](-?[\d.]+),/g)].map(([, x]) => Number(x))
  expect(xs.length).toBeGreaterThan(0)
  expect(new Set(xs)).toEqual(new Set([100]))
  const corners = [...outline.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
  expect(Math.min(...corners.map(([x]) => x))).toBe(30)
  expect(Math.max(...corners.map(([, y]) => y))).toBe(170)
})

test('labels give way to marks and to those before them, and are left out where there is no room', () => {
  const two = [
    { text: '南门街道', at: [100, 100] as [number, number] },
    { text: '月湖街道', at: [104, 100] as [number, number] },
  ]
  const placed = placeLabels(two, [boxAround([100, 100], 7)], 10, 250, 200)
  expect(placed.map(({ text }) => text)).toEqual(['南门街道', '月湖街道'])
  expect(Math.abs(placed[0]!.at[1] - placed[1]!.at[1])).toBeGreaterThan(10)
  expect(placeLabels(two, [boxAround([100, 100], 60)], 10, 250, 200)).toEqual([])
})

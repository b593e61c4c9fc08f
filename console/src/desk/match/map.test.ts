import { expect, test } from 'vitest'

import { cellOf, projection, viewOf } from './map'

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

test('the cell of two centres ends half-way between them', () => {
  const cell = cellOf([50, 100], [[150, 100]], 250, 200)
  expect(Math.max(...cell.map(([x]) => x))).toBe(100)
  expect(cellOf([50, 100], [[50, 100]], 250, 200)).toHaveLength(4)
})

import { afterEach, expect, test } from 'vitest'

import { addMessages, setLocale } from '@/kit/locale'

import { type Day, daysFrom, duration, growth, percent, points, sideBySide, wallClock } from './figures'
import messages from './messages'

addMessages(messages)
afterEach(() => setLocale('zh-CN'))

const rate = (numerator: number, denominator: number) => ({ numerator, denominator, rate: null })

test('a share of nothing is no share', () => {
  expect(percent(2_253, 3_214)).toBe('70.1%')
  expect(percent(0, 8)).toBe('0%')
  expect(percent(0, 0)).toBe('–')
})

test('growth is relative to before, and empty where before was zero', () => {
  expect(growth(103, 100)).toBe('+3%')
  expect(growth(965, 1_000)).toBe('-3.5%')
  expect(growth(100, 100)).toBe('0%')
  expect(growth(5, 0)).toBeUndefined()
})

test('shares differ by percentage points, not by per cent', () => {
  expect(points(rate(75, 100), rate(50, 100))).toBe('+25.0百分点')
  setLocale('en')
  expect(points(rate(50, 100), rate(75, 100))).toBe('-25.0 pp')
  expect(points(rate(50, 100), rate(0, 0))).toBeUndefined()
})

test('durations read as people say them', () => {
  expect([45, 60, 3_599, 3_900, 97_200].map(duration)).toEqual(['45秒', '1分', '1小时0分', '1小时5分', '1天3小时'])
  expect(duration(null)).toBe('–')
})

test('days are counted on the calendar', () => {
  expect(daysFrom('2026-03-01', -1)).toBe('2026-02-28')
  expect(daysFrom('2026-12-31', 1)).toBe('2027-01-01')
  expect(wallClock(Date.parse('2026-11-23T16:05:00Z'), 'Asia/Shanghai')).toEqual({
    day: '2026-11-24',
    time: '00:05:00',
  })
})

test('days are joined by key, the largest of today first', () => {
  const day = (rows: Record<string, number>) =>
    ({ cuts: { kind: Object.entries(rows).map(([key, requests]) => ({ key, requests })) } }) as unknown as Day
  const lines = sideBySide('kind', [day({ info: 2, service: 5 }), day({ relay: 9, info: 1 }), undefined])
  expect(lines.map(({ key, now, before }) => [key, now?.requests, before[0]?.requests, before[1]])).toEqual([
    ['service', 5, undefined, undefined],
    ['info', 2, 1, undefined],
    ['relay', undefined, 9, undefined],
  ])
  expect(sideBySide('kind', [day({ info: 2 })], ['service', 'info']).map((line) => line.key)).toEqual([
    'service',
    'info',
  ])
})

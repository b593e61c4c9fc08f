import { afterEach, expect, test } from 'vitest'

import { clockTime, money, span } from './format'
import { setLocale } from './locale'

afterEach(() => setLocale('zh-CN'))

test('money is fen, shown as yuan', () => {
  expect(money(9_800)).toBe('¥98')
  expect(money(12_345)).toBe('¥123.45')
  setLocale('en')
  expect(money(1_234_500)).toBe('¥12,345')
})

test('moments are in the zone of the centre', () => {
  expect(clockTime('2026-11-24T02:05:00Z')).toBe('10:05')
})

test('spans read like a clock, and what is over is negative', () => {
  expect([65_000, 59_001, 3_665_000, 0, -5_000].map(span)).toEqual(['1:05', '1:00', '1:01:05', '0:00', '−0:05'])
})

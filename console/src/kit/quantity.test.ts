import { expect, test } from 'vitest'

import { setLocale } from './locale'
import { measure, perUnit, priced, quantityOf } from './quantity'

test('a sum is whole fen, half a fen rounded up, as at the centre', () => {
  expect(priced(1700, 2.5)).toBe(4250)
  expect(priced(333, 0.5)).toBe(167)
  expect(priced(50, 0.29)).toBe(15) // 14.499999999999998 in binary
  expect(priced(1, 0.49)).toBe(0)
})

test('a quantity has two decimals at most', () => {
  expect(['3', '2.5', ' 0.25 ', '2。5', 1000].map(quantityOf)).toEqual([3, 2.5, 0.25, 2.5, 1000])
  expect(['0', '', '1.234', '-1', '1001', 'three', '1000.5'].map(quantityOf)).toEqual(Array(7).fill(undefined))
})

test('the unit stands beside the quantity in the language of the screen', () => {
  setLocale('zh-CN')
  expect([measure(2.5, 'hour'), measure(1, 'quote'), measure(1, null)]).toEqual(['2.5 小时', '', ''])
  expect([perUnit('month'), perUnit('half-day'), perUnit('quote')]).toEqual(['/月', '/半天', ''])
  setLocale('en')
  expect([measure(1, 'hour'), measure(2.5, 'hour'), measure(3, 'half-day')]).toEqual([
    '1 hour',
    '2.5 hours',
    '3 half days',
  ])
  expect([perUnit('month'), perUnit('item'), perUnit('quote')]).toEqual([' per month', ' each', ''])
  setLocale('zh-CN')
})

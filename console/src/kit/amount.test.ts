import { expect, test } from 'vitest'

import { fenOf, typed } from './amount'

test('amounts are read as people type yuan', () => {
  expect(['98', '98.5', ' ¥98.05 ', '120元', '0'].map(fenOf)).toEqual([9_800, 9_850, 9_805, 12_000, 0])
})

test('invalid amounts are not read', () => {
  expect(['', 'abc', '-5', '1.234', '12345678'].map(fenOf)).toEqual(Array(5).fill(undefined))
})

test('a sum in a field reads back as the same sum', () => {
  for (const fen of [0, 5, 9_800, 9_850]) expect(fenOf(typed(fen))).toBe(fen)
})

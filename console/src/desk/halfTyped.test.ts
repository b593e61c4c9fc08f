import { expect, test } from 'vitest'
import { isReactive } from 'vue'

import { halfTyped, isHalfTyped } from './halfTyped'

test('an unfinished form is restored by its subject, and old ones are dropped', () => {
  const form = halfTyped('correct r1', () => ({ address: '', reason: '' }))
  expect([isReactive(form), isHalfTyped('correct r1')]).toEqual([true, false])
  form.address = '澄浪路 9 号'
  expect(halfTyped('correct r1', () => ({ address: '', reason: '' })).address).toBe('澄浪路 9 号')
  expect([isHalfTyped('correct r1'), isHalfTyped('correct r2')]).toEqual([true, false])
  for (let n = 0; n < 60; n++) halfTyped(`steps r${n}`, () => ({}))
  expect(isHalfTyped('correct r1')).toBe(false)
})

import { expect, test } from 'vitest'

import { Tally } from './tally'

const press = (key: string, facts: KeyboardEventInit = {}) => new KeyboardEvent('keydown', { key, ...facts })

test('every key press counts once, even if held down', () => {
  const tally = new Tally()
  tally.ring(1_000)
  for (const key of ['x', 's', 'd', 'Enter', 'Control']) tally.hear(press(key))
  tally.hear(press('d', { repeat: true }))
  expect(tally.result(5_500)).toEqual({ seconds: 4.5, presses: 5 })
})

test('the next ring begins anew, and without a ring there is nothing to tell', () => {
  const tally = new Tally()
  tally.hear(press('x'))
  expect(tally.result(9_000)).toBeNull()
  tally.ring(10_000)
  expect(tally.result(10_000)).toEqual({ seconds: 0, presses: 0 })
})

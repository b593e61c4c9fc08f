import { expect, test } from 'vitest'

import { countLevels, first, left, levelOf } from './clocks'

const at = (time: string) => Date.parse(`2026-11-24T${time}+08:00`)
const clock = (name: 'accept' | 'arrive', yellow: string, due: string) => ({
  clock: name,
  yellow_at: `2026-11-24T${yellow}+08:00`,
  due_at: `2026-11-24T${due}+08:00`,
})
const accept = clock('accept', '10:07:30', '10:10:00')

test('a clock is yellow and red from the very moment on', () => {
  const levels = ['10:07:29', '10:07:30', '10:09:59', '10:10:00'].map((time) => levelOf(accept, at(time)))
  expect(levels).toEqual(['green', 'yellow', 'yellow', 'red'])
})

test('the first due clock counts', () => {
  expect(first([clock('arrive', '11:30:00', '12:00:00'), accept])).toBe(accept)
  expect(first([])).toBeUndefined()
})

test('each request counts once, at the level of its first clock', () => {
  const requests = [{ clocks: [accept, clock('arrive', '11:30:00', '12:00:00')] }, { clocks: [] }, { clocks: [accept] }]
  expect(countLevels(requests, at('10:08:00'))).toEqual({ green: 0, yellow: 2, red: 0 })
})

test('remaining and overdue time are counted in whole seconds', () => {
  expect(left(90_061_000)).toEqual({ d: 1, h: 1, m: 1, s: 1, over: false })
  expect(left(-61_000)).toMatchObject({ m: 1, s: 1, over: true })
})

import { beforeEach, expect, test } from 'vitest'

import { setClock } from '@/kit/clock'

import { cheapestOpen, type Opening } from './tiers'
import { findCommunities, type Community, reference } from '../reference'
import { whensNow, windowOf } from './when'

beforeEach(() => setClock({ now: '2026-11-24T06:00:00Z', factor: 0, zone: 'Asia/Shanghai' }))

test("windows are in the centre's zone, on its days", () => {
  expect(windowOf('tomorrow_morning', '', '')).toEqual({
    wanted_from: '2026-11-25T00:00:00.000Z',
    wanted_to: '2026-11-25T04:00:00.000Z',
  })
  expect(windowOf('own', '2026-11-26T09:30', '2026-11-26T11:00').wanted_from).toBe('2026-11-26T01:30:00.000Z')
})

test('as soon as possible or an incomplete time is no window', () => {
  expect(windowOf('soon', '', '')).toEqual({})
  expect(windowOf('own', '2026-11-26T09:30', '')).toEqual({})
})

test('past windows are not offered', () => {
  setClock({ now: '2026-11-24T09:30:00Z', factor: 0, zone: 'Asia/Shanghai' })
  expect(whensNow()).not.toContain('this_afternoon')
  expect(whensNow()).toContain('this_evening')
})

test('tiers are walked cheapest first, from the one asked for', () => {
  const opening = (tier: Opening['tier'], open: boolean) => ({ tier, open, claims: [] }) as unknown as Opening
  const openings = [opening('free', false), opening('low_fee', false), opening('paid', true)]
  expect(cheapestOpen(openings)).toBe('paid')
  const used = openings.map((one) => ({ ...one, open: one.tier !== 'free' }))
  expect([cheapestOpen(used), cheapestOpen(used, 'free'), cheapestOpen(used, 'paid')]).toEqual([
    'low_fee',
    'low_fee',
    'paid',
  ])
})

test('communities are found by name, pinyin and initials, the closest first', () => {
  const community = (code: string, zh: string, pinyin: string, initials: string) =>
    ({ code, zh, pinyin, initials, township_code: '1' }) as Community
  const all = [
    community('1', '翠柳社区', 'Cuiliu', 'cl'),
    community('2', '澄浪社区', 'Chenglang', 'cl'),
    community('3', '车站社区', 'Chezhan', 'cz'),
  ]
  reference.communities = new Map(all.map((one) => [one.code, one]))
  expect(findCommunities('cl').map(({ code }) => code)).toEqual(['1', '2'])
  expect(findCommunities('cheng').map(({ code }) => code)).toEqual(['2'])
  expect(findCommunities('站').map(({ code }) => code)).toEqual(['3'])
  expect(findCommunities(' ')).toEqual([])
})

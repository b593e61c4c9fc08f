import { expect, test } from 'vitest'

import type { Schemas } from '@/kit/api'

import { gapsOf, noWords, stepsOf } from './steps'

const request = (facts: Partial<Schemas['RequestOut']>) =>
  ({
    id: '1',
    status: 'dispatching',
    kind: 'service',
    tier: 'paid',
    tier_fallback: null,
    contact_phone: '139****2345',
    ...facts,
  }) as Schemas['RequestOut']
const job = (facts: Partial<Schemas['JobOut']>) =>
  ({ id: '2', item_code: 'PE02', status: 'accepted', tier: 'paid', quote_fen: null, ...facts }) as Schemas['JobOut']
const keys = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map(({ key }) => key)

test('what a firm reports comes first, in the order of its work', () => {
  expect(keys(request({ status: 'assigned' }), [job({})]).slice(0, 2)).toEqual(['start', 'appointment'])
  const started = (agreed_fen: number | null) => [job({ status: 'started', agreed_fen })]
  expect(keys(request({ status: 'in_progress' }), started(null)).slice(0, 2)).toEqual(['quote', 'complete'])
  expect(keys(request({ status: 'in_progress' }), started(8_000))[0]).toBe('complete')
})

test('a price that the citizen has not agreed to comes before the work is done', () => {
  const quoted = job({ status: 'started', quote_fen: 12_000, agreed_fen: null })
  expect(keys(request({ status: 'in_progress' }), [quoted])[0]).toBe('consent')
  expect(keys(request({ status: 'in_progress' }), [{ ...quoted, agreed_fen: 12_000 }])[0]).toBe('complete')
})

test('a free job has no price, and a held one no steps of the firm', () => {
  expect(keys(request({ status: 'assigned' }), [job({ tier: 'free' })])).not.toContain('quote')
  expect(keys(request({ status: 'on_hold' }), [job({})])).toEqual(['resume', 'cancel', 'endanger'])
})

test('who asks how it goes must be on the line; who has paid tier already is not asked to pay', () => {
  expect(keys(request({}), [])).not.toContain('progress')
  expect(keys(request({}), [], '13957412345')).toContain('progress')
  expect(keys(request({}), [])).not.toContain('pays')
  expect(keys(request({ tier: 'free' }), [])).toContain('pays')
})

test('information is never dispatched, and only what was dispatched is reopened', () => {
  expect(keys(request({ status: 'received', kind: 'info' }), [])).not.toContain('dispatch')
  expect(keys(request({ status: 'received' }), [])).toEqual([
    'answer',
    'dispatch',
    'relay',
    'hold',
    'cancel',
    'endanger',
  ])
  expect(keys(request({ status: 'received', contact_phone: null }), []).slice(0, 2)).toEqual(['answer', 'unannounced'])
  expect(keys(request({ status: 'closed', dispatched_at: null }), [])).toEqual([])
  expect(keys(request({ status: 'closed', dispatched_at: '2026-11-24T02:00:00Z' }), [])).toEqual(['reopen'])
})

test('a danger goes to its line before all else, and may be taken back', () => {
  const endangered = { status: 'received', danger: 'gas', danger_relayed_at: null } as const
  expect(keys(request(endangered), [])[0]).toBe('dangerRelay')
  expect(keys(request(endangered), []).at(-1)).toBe('dangerBack')
  const relayed = keys(request({ ...endangered, status: 'relayed', danger_relayed_at: '2026-11-24T02:00:00Z' }), [])
  expect(relayed[0]).toBe('close')
  expect(relayed.slice(-2)).toEqual(['dangerRelay', 'dangerBack'])
})

test('what is missing or no sum is named before anything is sent', () => {
  const complete = stepsOf(request({ status: 'in_progress' }), [job({ status: 'started', agreed_fen: 8_000 })])[0]!
  expect(gapsOf(complete, noWords())).toEqual(['note', 'amount'])
  expect(gapsOf(complete, { ...noWords(), note: '换了弯头', amount: '一百' })).toEqual(['amount'])
  expect(gapsOf(complete, { ...noWords(), note: '换了弯头', amount: '118.5' })).toEqual([])
})

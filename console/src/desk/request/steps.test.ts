import { expect, test } from 'vitest'

import type { Schemas } from '@/kit/api'

import { gapsOf, noWords, stepsOf } from './steps'

type Name = Schemas['PossibleStep']['step']
const request = (facts: Partial<Schemas['RequestOut']> = {}) =>
  ({ id: '1', contact_phone: '139****2345', unannounced: false, ...facts }) as Schemas['RequestOut']
const job = (facts: Partial<Schemas['JobOut']>) =>
  ({ id: '2', item_code: 'PE02', quote_fen: null, agreed_fen: null, ...facts }) as Schemas['JobOut']
const ofRequest = (...steps: Name[]) => steps.map((step) => ({ subject: 'request', id: '1', step }) as const)
const ofJob = (...steps: Name[]) => steps.map((step) => ({ subject: 'job', id: '2', step }) as const)
const keys = (...given: Parameters<typeof stepsOf>) => stepsOf(...given).map(({ key }) => key)

test('what the centre allows is offered in its order, and nothing else', () => {
  expect(keys([...ofJob('start', 'appointment'), ...ofRequest('hold', 'cancel')], request(), [job({})])).toEqual([
    'start',
    'appointment',
    'hold',
    'cancel',
  ])
  expect(keys([], request(), [])).toEqual([])
})

test('a caller from another number may ask and complain but not decide for the citizen', () => {
  const from = (rang: string | null) => stepsOf(ofRequest('contact'), request(), [job({})], undefined, rang)
  expect(from('13800574128').map(({ key }) => key)).toEqual(['progress', 'change', 'complaint'])
  const both = [...ofRequest('contact', 'cancel'), ...ofJob('start')]
  expect(keys(both, request(), [job({})], undefined, '13800574128')).toEqual([
    'start',
    'progress',
    'change',
    'complaint',
    'cancel',
  ])
  const told = [from('13800574128')[0]!.told(noWords()), from(null)[2]!.told({ ...noWords(), note: '一直没人来' })]
  expect(told.map(({ init }) => init.body)).toMatchObject([
    { purpose: 'progress', phone: '13800574128' },
    { purpose: 'complaint', phone: null, note: '一直没人来' },
  ])
})

test("while a job is in progress a citizen's call is first taken as a question about it", () => {
  const both = [...ofJob('start'), ...ofRequest('hold', 'contact')]
  expect(keys(both, request(), [job({})], '13957412345')).toEqual([
    'progress',
    'change',
    'complaint',
    'start',
    'hold',
    'bar',
  ])
})

test('a return has no preselected reason', () => {
  const [back] = stepsOf(ofJob('return'), request(), [job({})])
  expect(gapsOf(back!, noWords())).toEqual(['reason'])
  expect(gapsOf(back!, { ...noWords(), reason: 'no_staff' })).toEqual([])
})

test('there is a sum to agree to only while one is quoted and not agreed on', () => {
  const allowed = ofJob('consent', 'complete')
  expect(keys(allowed, request(), [job({ quote_fen: 12_000 })])).toEqual(['consent', 'complete'])
  expect(keys(allowed, request(), [job({ quote_fen: 12_000, agreed_fen: 12_000 })])).toEqual(['complete'])
  expect(keys(allowed, request(), [job({})])).toEqual(['complete'])
})

test('contacts and a bar need a call, and after completion a complaint comes first', () => {
  expect(keys(ofRequest('contact'), request(), [])).toEqual([])
  expect(keys(ofRequest('contact'), request(), [job({})], '13957412345')).toEqual([
    'progress',
    'change',
    'complaint',
    'bar',
  ])
  expect(keys(ofRequest('contact'), request({ status: 'completed' }), [], '13957412345')[0]).toBe('complaint')
})

test('without a number a dispatch is labelled unannounced', () => {
  expect(keys(ofRequest('dispatch'), request({ contact_phone: null }), [])).toEqual(['unannounced'])
  expect(keys(ofRequest('dispatch'), request({ contact_phone: null, unannounced: true }), [])).toEqual(['dispatch'])
})

test('every step of a danger has its form', () => {
  const allowed = ofRequest('relay_danger', 'raise_danger', 'withdraw_danger', 'consent_to_tier')
  expect(keys(allowed, request(), [])).toEqual(['dangerRelay', 'endanger', 'dangerBack', 'pays'])
})

test('a missing field or invalid amount is named before sending', () => {
  const complete = stepsOf(ofJob('complete'), request(), [job({})])[0]!
  expect(gapsOf(complete, noWords())).toEqual(['note', 'amount'])
  expect(gapsOf(complete, { ...noWords(), note: '换了弯头', amount: '一百' })).toEqual(['amount'])
  expect(gapsOf(complete, { ...noWords(), note: '换了弯头', amount: '118.5' })).toEqual([])
})

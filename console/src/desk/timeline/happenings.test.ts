import { afterEach, expect, test } from 'vitest'

import { addMessages, setLocale } from '@/kit/locale'

import { factsOf, type Happening } from './happenings'
import messages from './messages'

addMessages(messages)
afterEach(() => setLocale('zh-CN'))

const CODED: [kind: string, data: object, zh: string, en: string][] = [
  ['request.tier_consented', { tier: 'low_fee' }, '低偿', 'low fee'],
  ['request.tier_changed', { was: 'free', to: 'low_fee' }, '低偿', 'low fee'],
  ['offer.declined', { reason: 'busy' }, '忙不过来', 'too busy'],
  ['job.returned', { reason: 'citizen_absent' }, '求助人不在', 'citizen absent'],
  ['job.arbitrated', { fault: 'nobody' }, '都没有责任', "nobody's fault"],
  ['callback.done', { satisfaction: 'very_satisfied' }, '非常满意', 'very satisfied'],
  ['clock.red', { clock: 'arrive' }, '到场', 'arrive'],
]

test.each(CODED)('%s says its code in words', (kind, data, zh, en) => {
  const happening = { kind, data } as Happening
  setLocale('zh-CN')
  expect(factsOf(happening, 1)).toEqual([zh])
  setLocale('en')
  expect(factsOf(happening, 1)).toEqual([en])
})

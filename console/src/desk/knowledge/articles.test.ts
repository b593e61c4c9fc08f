import { expect, test } from 'vitest'

import { type Article, calledBefore, expand, nextOf, pieces, take, textsFor } from './articles'
import { emptyDraft } from '../call/call'

const article = (slug: string, answer: string) =>
  ({ slug, version_id: `v-${slug}`, items: ['GV02'], content: { answer: { zh: answer } } }) as Article
const card = article('lost-id-card', '到派出所补领。')
const permit = article('residence-permit', '到社区登记。')

test('an article goes into the answer, and its item with it', () => {
  const draft = emptyDraft('13957412345')
  take(draft, card)
  expect([draft.answer, draft.item, draft.articles.map(({ version }) => version)]).toEqual([
    '到派出所补领。',
    'GV02',
    ['v-lost-id-card'],
  ])
})

test('a second article replaces the first, and typed text stays', () => {
  const draft = { ...emptyDraft(), answer: '您好。' }
  take(draft, card)
  take(draft, nextOf(draft, [card, permit])!)
  expect(draft.answer).toBe('您好。\n到社区登记。')
  expect(draft.articles.map(({ slug }) => slug)).toEqual(['residence-permit'])
  expect(nextOf(draft, [card, permit])).toBe(card)
})

test('after an edited article the next one is appended', () => {
  const draft = emptyDraft()
  take(draft, card)
  draft.answer += '请带户口簿。'
  take(draft, permit)
  expect(draft.answer).toBe('到派出所补领。请带户口簿。\n到社区登记。')
  expect(draft.articles).toHaveLength(2)
})

test('an answer never grows past what the centre takes', () => {
  const draft = { ...emptyDraft(), answer: '长'.repeat(990) }
  take(draft, card)
  expect(draft.answer.length).toBeLessThanOrEqual(1_000)
})

test('ranges in code points mark the right characters, also behind a rare one', () => {
  expect(pieces('𠮷身份证丢了', [{ start: 1, end: 4 }])).toEqual([
    { text: '𠮷', marked: false },
    { text: '身份证', marked: true },
    { text: '丢了', marked: false },
  ])
})

test('a canned text comes by its short name', () => {
  const wait = { name: 'wait', zh: '请稍等。', en: null, sample: false, changed_at: '' }
  expect(calledBefore('好的 /wa', 6)).toBe('wa')
  expect(calledBefore('1/2', 3)).toBeUndefined()
  expect(textsFor('WA', [wait])).toEqual([wait])
  expect(expand('好的 /wa 再见', 6, 'wa', wait)).toEqual({ answer: '好的 请稍等。 再见', caret: 7 })
})

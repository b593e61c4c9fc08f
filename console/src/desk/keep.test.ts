import { expect, test } from 'vitest'

import { completed } from './keep'

test('state kept by an earlier version is completed and loses nothing', () => {
  const fresh = { id: '', draft: { said: '', harmless: [], details: {} }, recorded: null }
  const kept = { id: 'c1', draft: { said: '水管爆了', details: { where: '厨房' } }, recorded: { id: 'r1' } }
  const draft = { said: '水管爆了', harmless: [], details: { where: '厨房' } }
  expect(completed(fresh, kept)).toEqual({ id: 'c1', draft, recorded: { id: 'r1' } })
})

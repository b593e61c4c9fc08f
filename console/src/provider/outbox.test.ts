import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { closeOutbox, openOutbox, outbox, pending, refused, say, send, unsent } from './outbox'

const asked: string[] = []
let replies: (Response | Error)[] = []
const OK = () => new Response('{}', { headers: { 'Content-Type': 'application/json' } })
const refusal = (status: number, code: string, title: string) =>
  new Response(JSON.stringify({ status, code, title }), { status })

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  asked.length = 0
  replies = []
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname.replace('/api/v1/provider/', '')}`)
    const reply = replies.shift() ?? OK()
    if (reply instanceof Error) throw reply
    return reply
  })
  openOutbox('p1', () => {})
})

afterEach(() => {
  closeOutbox()
  vi.useRealTimers()
})

const accept = () => say({ kind: 'accept', subject: 'o1', body: {} }, '12 · 疏通')
const settle = () => vi.advanceTimersByTimeAsync(0)

test('says it at once and forgets it when the centre has answered', async () => {
  accept()
  expect(pending('o1')).toBeDefined()
  await settle()
  expect(asked).toEqual(['PUT offers/o1/acceptance'])
  expect(outbox.steps).toEqual([])
})

test('says it again until there is an answer, also after the page was closed', async () => {
  replies = [new TypeError('no network'), new Response('', { status: 503 })]
  accept()
  await settle()
  expect(unsent.value.length).toBe(1)
  await vi.advanceTimersByTimeAsync(2_000)
  closeOutbox()
  openOutbox('p1', () => {})
  await settle()
  expect(asked.length).toBe(3)
  expect(outbox.steps).toEqual([])
})

test('keeps the order: a quote goes before the bill', async () => {
  replies = [new TypeError('no network')]
  say({ kind: 'quote', subject: 'j1', body: { amount_fen: 100, agreed_on_site: true } }, '')
  await settle()
  say({ kind: 'complete', subject: 'j1', body: { result: '好了', amount_fen: 100 } }, '')
  await settle()
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked).toEqual(['PUT jobs/j1/quote', 'PUT jobs/j1/quote', 'PUT jobs/j1/completion'])
})

test('a refusal is shown, and is not sent again', async () => {
  replies = [refusal(409, 'offer_expired', '该派单已超时')]
  accept()
  await settle()
  expect(refused.value.map((step) => step.refused)).toEqual(['该派单已超时'])
  await send()
  expect(asked.length).toBe(1)
})

test('a later word on the same thing replaces an unsent one', async () => {
  replies = [new TypeError('no network')]
  say({ kind: 'availability', subject: 'self', body: { reachable: false } }, '')
  await settle()
  say({ kind: 'availability', subject: 'self', body: { reachable: true } }, '')
  expect(unsent.value.map((step) => step.body)).toEqual([{ reachable: true }])
})

test("one provider's words never go out in another's name", async () => {
  replies = [new TypeError('no network')]
  accept()
  await settle()
  openOutbox('p2', () => {})
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBe(1)
})

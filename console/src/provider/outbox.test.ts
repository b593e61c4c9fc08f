import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { closeOutbox, dismiss, openOutbox, outbox, pending, refused, say, send, unsent } from './outbox'

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

test('a report is sent at once and forgotten once answered', async () => {
  accept()
  expect(pending('o1')).toBeDefined()
  await settle()
  expect(asked).toEqual(['PUT offers/o1/acceptance'])
  expect(outbox.steps).toEqual([])
})

test('a report is sent again until it is answered, also after the page was closed', async () => {
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

test.each([500, 502, 503, 504, 429, 408])('a %s says nothing about the step: it is sent again', async (status) => {
  replies = [refusal(status, 'some_failure', '暂时不行')]
  accept()
  await settle()
  expect(unsent.value.map((step) => step.why)).toEqual(['暂时不行'])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked.length).toBe(2)
  expect(outbox.steps).toEqual([])
})

test("a gateway's page is no answer of the centre's", async () => {
  replies = [new Response('<h1>Not here</h1>', { status: 404 })]
  accept()
  await settle()
  expect(unsent.value.length).toBe(1)
})

test('a report on a held request is sent after the hold and holds up nothing else', async () => {
  const held = () => refusal(409, 'request_on_hold', '该工单已挂起')
  replies = [held(), OK(), held()]
  say({ kind: 'start', subject: 'j1', body: {} }, '')
  say({ kind: 'quote', subject: 'j1', body: { amount_fen: 100, agreed_on_site: true } }, '')
  say({ kind: 'start', subject: 'j2', body: {} }, '')
  await settle()
  expect(asked).toEqual(['PUT jobs/j1/start', 'PUT jobs/j2/start'])
  await vi.advanceTimersByTimeAsync(30_000)
  expect(asked.slice(2)).toEqual(['PUT jobs/j1/start', 'PUT jobs/j1/start', 'PUT jobs/j1/quote'])
  expect(outbox.steps).toEqual([])
})

test('unsent reports survive a sign-out and are sent after the next sign-in', async () => {
  replies = [refusal(401, 'not_signed_in', '请登录')]
  accept()
  await settle()
  closeOutbox()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBe(1)
  openOutbox('p1', () => {})
  await settle()
  expect(asked.length).toBe(2)
  expect(outbox.steps).toEqual([])
})

test('a refusal stays until a person has seen it, whatever is said meanwhile', async () => {
  replies = [refusal(409, 'offer_expired', '该派单已超时')]
  accept()
  await settle()
  accept()
  await settle()
  closeOutbox()
  openOutbox('p1', () => {})
  expect(refused.value.length).toBe(1)
  dismiss(refused.value[0]!)
  expect(outbox.steps).toEqual([])
})

test('two windows lose nothing of each other', async () => {
  replies = [new TypeError('no network'), new TypeError('no network')]
  accept()
  await settle()
  const other = JSON.parse(localStorage.getItem('hotline.outbox.p1')!) as typeof outbox.steps
  localStorage.setItem('hotline.outbox.p1', JSON.stringify([...other, { ...other[0], subject: 'o2', id: 'there' }]))
  say({ kind: 'accept', subject: 'o3', body: {} }, '')
  expect(unsent.value.map(({ subject }) => subject)).toEqual(['o1', 'o2', 'o3'])
})

test('a report is sent even without storage on the phone', async () => {
  const roomy = localStorage
  const setItem = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  vi.stubGlobal('localStorage', { getItem: () => null, setItem })
  replies = [new TypeError('no network')]
  accept()
  await settle()
  expect([outbox.unkept, unsent.value.length]).toEqual([true, 1])
  vi.stubGlobal('localStorage', roomy)
  await vi.advanceTimersByTimeAsync(2_000)
  expect([outbox.unkept, unsent.value.length, asked.length]).toEqual([false, 0, 2])
})

test('a later word on the same thing replaces an unsent one', async () => {
  replies = [new TypeError('no network')]
  say({ kind: 'availability', subject: 'self', body: { reachable: false } }, '')
  await settle()
  say({ kind: 'availability', subject: 'self', body: { reachable: true } }, '')
  expect(unsent.value.map((step) => step.body)).toEqual([{ reachable: true }])
})

test("one provider's reports are never sent as another's", async () => {
  replies = [new TypeError('no network')]
  accept()
  await settle()
  openOutbox('p2', () => {})
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked.length).toBe(1)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, ref } from 'vue'

import type { Schemas } from '@/kit/api'
import { addMessages } from '@/kit/locale'

import { beginCall, bodyOf, call, emptyDraft } from '../call/call'
import { type Danger, heard, undecided } from '../call/heard'
import { useSending } from '../call/sending'
import { type Item, reference } from '../reference'
import {
  arrived,
  calls,
  endCall,
  isSettled,
  mend,
  missRinging,
  noCalls,
  park,
  ring,
  takeBack,
  takeIn,
  takeRinging,
  touch,
} from './calls'
import messages from './messages'
import { post } from './post'

addMessages(messages)
const A = '13957412345'
const B = '13800574128'
let down = false
const sent: { path: string; body: Record<string, unknown>; key: string | null }[] = []
let refusal: Response | undefined
let refused = 'requests'

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  sent.length = 0
  down = false
  refusal = undefined
  refused = 'requests'
  reference.items = new Map([['PE02', { code: 'PE02', zh: '下水道疏通', kind: 'service', tiers: ['paid'] } as Item]])
  Object.assign(calls, noCalls())
  arrived.value = []
  beginCall()
  vi.stubGlobal('fetch', async (request: Request) => {
    if (down) throw new TypeError('no network')
    const path = new URL(request.url).pathname.replace('/api/v1/', '').replace(/[0-9a-f-]{36}/, 'ID')
    sent.push({ path, body: await request.json(), key: request.headers.get('Idempotency-Key') })
    if (path === refused && refusal) return refusal
    return new Response(JSON.stringify({ request: { id: 'r1', number: 7, item_code: 'PE02' } }), {
      headers: { 'Content-Type': 'application/json' },
    })
  })
  post.openOutbox('desk.o1', takeIn)
})

afterEach(() => {
  post.closeOutbox()
  vi.useRealTimers()
})

const settle = () => vi.advanceTimersByTimeAsync(0)
/** How the centre was told that calls stand, one after the other. */
const told = () => sent.filter(({ path }) => path === 'calls/ID').map(({ body }) => body as Schemas['CallIn'])
const letter = (draft = { ...emptyDraft(A), item: 'PE02', area: '1' }) => ({
  kind: 'request' as const,
  subject: call.id,
  outcome: 'dispatch' as const,
  draft,
  body: bodyOf(draft, 'dispatch'),
})

test('a ring opens a call, and a second ring keeps what was typed', async () => {
  expect(ring(A)).toBe(true)
  call.draft.said = '下水'
  expect([ring(B), ring(B), ring('13700000000')]).toEqual([false, false, false])
  expect([call.draft.phone, call.draft.said]).toEqual([A, '下水'])
  expect(calls.ringing.map(({ phone }) => phone)).toEqual([B, '13700000000'])
  await settle()
  expect(told().map(({ phone, status }) => [phone, status])).toEqual([[A, 'ongoing']])
})

test('the call in hand waits while another is taken, and comes back as it was', async () => {
  ring(A)
  call.draft.description = '水倒灌到地上'
  ring(B)
  takeRinging()
  expect([call.draft.phone, call.draft.description, calls.parked.length]).toEqual([B, '', 1])
  endCall(call, 'wrong_number')
  takeBack(calls.parked[0]!)
  expect([call.draft.phone, call.draft.description, calls.parked.length]).toEqual([A, '水倒灌到地上', 0])
  await settle()
  expect(told().at(-1)).toMatchObject({ phone: A, status: 'ongoing' })
})

test('a call in which something was done ends when the next one rings', async () => {
  ring(A)
  await post.say(letter(), '', 'k1')
  expect([isSettled(call), ring(B), calls.parked.length]).toEqual([true, true, 0])
  await settle()
  expect(told().map(({ phone, status, outcome, request_ids }) => [phone, status, outcome, request_ids])).toEqual([
    [A, 'ongoing', null, []],
    [A, 'ended', null, ['r1']],
    [B, 'ongoing', null, []],
  ])
})

test('a call about an existing request is not ended by a ring', () => {
  ring(A)
  touch('r9')
  expect([isSettled(call), ring(B)]).toEqual([true, false])
})

test('a missed ring is reported as a call', async () => {
  ring(A)
  ring('anonymous')
  missRinging(calls.ringing[0]!)
  await settle()
  expect(calls.ringing).toEqual([])
  expect(told().at(-1)).toMatchObject({ phone: null, status: 'ended', outcome: 'hung_up' })
})

test('a request made offline is sent once, and its call is reported with it', async () => {
  ring(A)
  await settle()
  down = true
  expect(await post.say(letter(), '疏通', 'k1')).toBeNull()
  call.acted = 1
  ring(B)
  const disk = localStorage.getItem('hotline.outbox.desk.o1')!
  expect(disk).toContain(A)
  post.closeOutbox()
  beginCall()
  down = false
  post.openOutbox('desk.o1', takeIn)
  await vi.advanceTimersByTimeAsync(1)
  expect(sent.filter(({ path }) => path === 'requests').map(({ key }) => key)).toEqual(['k1'])
  expect(told().find(({ status }) => status === 'ended')).toMatchObject({ phone: A, request_ids: ['r1'] })
  expect(arrived.value.map(({ title }) => title)).toEqual(['7 疏通'])
  expect(localStorage.getItem('hotline.outbox.desk.o1')).toBe('[]')
})

test("one operator's letters are neither seen nor sent by another", async () => {
  down = true
  ring(A)
  await post.say(letter(), '疏通', 'k1')
  down = false
  post.openOutbox('desk.o2', takeIn)
  await vi.advanceTimersByTimeAsync(60_000)
  expect([sent, post.outbox.steps]).toEqual([[], []])
})

test('a request refused later can be corrected without losing the current call', async () => {
  ring(A)
  down = true
  await post.say(letter(), '疏通', 'k1')
  call.acted = 1
  down = false
  refusal = new Response(JSON.stringify({ code: 'not_entitled', title: '没有资格', status: 422 }), { status: 422 })
  ring(B)
  call.draft.description = '另一件事'
  await vi.advanceTimersByTimeAsync(2_000)
  const [step] = post.refused.value
  expect(step!.refused).toBe('没有资格')
  if (step?.kind === 'request') mend(step)
  expect([call.draft.phone, call.draft.item, calls.parked[0]!.draft.description]).toEqual([A, 'PE02', '另一件事'])
  expect(post.refused.value).toEqual([])
})

test('after a day an unsent request is not sent under its expired key', async () => {
  down = true
  ring(A)
  await post.say(letter(), '疏通', 'k1')
  down = false
  vi.setSystemTime(Date.now() + 24 * 3_600_000)
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 24 * 3_600_000)
  await post.send()
  expect(sent.some(({ path }) => path === 'requests')).toBe(false)
  expect(post.refused.value.length).toBe(1)
})

test('a call that began by typing is parked as well', () => {
  call.draft.description = '只是说了半句'
  park()
  expect([calls.parked.length, call.draft.description]).toEqual([1, ''])
})

test('a refused merge keeps the recorded request and says why', async () => {
  refused = 'requests/r1/parent'
  const problem = { title: '请反过来并', code: 'merge_the_other_way', status: 409 }
  refusal = new Response(JSON.stringify(problem), { status: 409 })
  const tried = await post.say({ ...letter(), parent: 'p1' }, '疏通', 'k1')
  expect(tried).toMatchObject({ given: { request: { number: 7 }, unmerged: '请反过来并' } })
  expect(post.refused.value).toEqual([])
})

test('a dismissal covers only dangers heard before it', () => {
  const draft = { ...emptyDraft(A), harmless: ['gas' as const] }
  const gas = { kind: 'gas' } as Danger
  heard.described.value = [gas]
  expect([undecided(draft), bodyOf(draft, 'dispatch').danger_dismissed]).toEqual([[], true])
  const fall = { kind: 'fall' } as Danger
  heard.said.value = [fall, gas]
  expect([undecided(draft), bodyOf(draft, 'dispatch').danger_dismissed]).toEqual([[fall], false])
  heard.said.value = heard.described.value = []
})

test('a merge pressed while something is looked up goes out as a merge', async () => {
  call.draft = { ...emptyDraft(A), item: 'PE02', area: '1' }
  const settling = ref(true)
  const scope = effectScope()
  scope.run(() => useSending(settling, () => {}).send('keep', 'p1'))
  settling.value = false
  await settle()
  expect(sent.filter(({ path }) => path !== 'calls/ID').map(({ path, body }) => [path, body['parent_id']])).toEqual([
    ['requests', undefined],
    ['requests/r1/parent', 'p1'],
  ])
  scope.stop()
})

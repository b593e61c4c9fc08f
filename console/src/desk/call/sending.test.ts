/** What is decided is sent as it was decided: once, to the call it was decided for, and never silently not. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope, nextTick, ref } from 'vue'

import { addMessages, i18n } from '@/kit/locale'

import { calls, noCalls, park, ring, takeBack, takeIn, takeRinging } from '../calls/calls'
import callsMessages from '../calls/messages'
import { post } from '../calls/post'
import { type Item, reference } from '../reference'
import requestMessages from '../request/messages'
import { beginCall, call, emptyDraft, leaving, lookingUp, relaying } from './call'
import { type Danger, undecided } from './heard'
import ItemField from './ItemField.vue'
import messages from './messages'
import PlaceFields from './PlaceFields.vue'
import { refusal } from './refusal'
import { PATIENCE_MS, useSending } from './sending'

for (const words of [messages, callsMessages, requestMessages]) addMessages(words)
const A = '13957412345'
const B = '13800574128'
const item = (code: string, kind: Item['kind']) =>
  [
    code,
    {
      code,
      zh: code,
      en: code,
      kind,
      dispatchable: kind !== 'relay',
      tiers: ['paid'],
      urgency: 'booked',
      category_code: 'PE',
      lines: [],
      asks: [],
    },
  ] as unknown as [string, Item]
let scope: EffectScope
let field: VueWrapper | undefined
let sent: { path: string; body: Record<string, unknown> }[] = []
let failing = ''
let refused = ''
let hold: Promise<void> | undefined

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  sent = []
  failing = ''
  refused = '{"code":"broken","title":"坏了"}'
  hold = undefined
  reference.items = new Map([item('PE02', 'service'), item('GV01', 'info')])
  Object.assign(calls, noCalls())
  beginCall()
  lookingUp.value = relaying.value = false
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = new URL(request.url).pathname.replace('/api/v1/', '').replace(/[0-9a-f-]{36}/, 'ID')
    if (failing && path.startsWith(failing)) return new Response(refused, { status: 422 })
    sent.push({ path, body: request.method === 'GET' ? {} : await request.json().catch(() => ({})) })
    await hold
    const given = path.startsWith('requests/')
      ? { id: 'r1', number: 7 }
      : { request: { id: 'r1', number: 7, item_code: 'PE02' } }
    return new Response(JSON.stringify(given), { headers: { 'Content-Type': 'application/json' } })
  })
  post.openOutbox('desk.o1', takeIn)
  scope = effectScope()
})
afterEach(() => {
  scope.stop()
  field?.unmount()
  post.closeOutbox()
  vi.useRealTimers()
})

const begin = (settling = ref(false)) => scope.run(() => useSending(settling, () => {}))!
const settle = () => vi.advanceTimersByTimeAsync(0)
const made = () =>
  sent.filter(({ path }) => path === 'requests').map(({ body }) => [body['phone'], body['item'], body['dispatch']])
const fill = () => (call.draft = { ...emptyDraft(A), item: 'PE02', area: '1', address: '1 号' })

test('a decision is sent when a look-up takes too long', async () => {
  fill()
  const { send } = begin(ref(true))
  send('dispatch')
  await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1)
  expect([made(), leaving.value]).toEqual([[], true])
  await vi.advanceTimersByTimeAsync(1)
  expect(made()).toEqual([[A, 'PE02', true]])
})

test('when a look-up takes too long a missing field is named and nothing is sent', async () => {
  call.draft = emptyDraft(A)
  const { send, gap } = begin(ref(true))
  send('dispatch')
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  expect([gap.value, made(), leaving.value]).toEqual(['item', [], false])
})

test('a failed look-up of an item ends', async () => {
  failing = 'catalog'
  call.draft = emptyDraft(A)
  field = mount(ItemField, { props: { invalid: false }, global: { plugins: [i18n] } })
  await field.get('input').setValue('下水道')
  await field.get('input').trigger('keydown', { key: 'Enter' })
  const waited = lookingUp.value
  vi.useRealTimers()
  await flushPromises()
  await new Promise((resolve) => setTimeout(resolve))
  await flushPromises()
  expect([waited, lookingUp.value, field.emitted('none')?.length]).toEqual([true, false, 1])
})

test('typing another place clears the chosen one, and deleting the text restores it', async () => {
  fill()
  Object.assign(call.draft, { filled: '1 号', stored: true })
  field = mount(PlaceFields, { props: { gap: null, caller: null }, global: { plugins: [i18n] } })
  const place = field.get('#desk-area')
  await place.setValue('天一')
  expect([call.draft.area, call.draft.address, call.draft.stored]).toEqual(['', '', false])
  await place.setValue('')
  expect([call.draft.area, call.draft.address, call.draft.stored]).toEqual(['1', '1 号', true])
})

test('typing on after Enter cancels the wait for the look-up', async () => {
  call.draft = emptyDraft(A)
  field = mount(ItemField, { props: { invalid: false }, global: { plugins: [i18n] } })
  await field.get('input').setValue('下水')
  await field.get('input').trigger('keydown', { key: 'Enter' })
  await field.get('input').setValue('下水道')
  expect(lookingUp.value).toBe(false)
})

test('a call with a decision being sent is not replaced by a ring', async () => {
  ring(A)
  fill()
  const { send } = begin(ref(true))
  send('dispatch')
  ring(B)
  expect([takeRinging(), (park(), calls.parked.length)]).toEqual([false, 0])
  await nextTick()
  expect(refusal.value).not.toBe('')
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  expect(made()).toEqual([[A, 'PE02', true]])
  expect(takeRinging()).toBe(true)
})

test('a second decision is ignored while the first waits, and again repeats the first', async () => {
  fill()
  const settling = ref(true)
  const { send, again, problem } = begin(settling)
  send('keep')
  send('dispatch')
  failing = 'requests'
  settling.value = false
  await settle()
  expect([made(), problem.value?.code]).toEqual([[], 'broken'])
  failing = ''
  again()
  await settle()
  expect([made(), problem.value]).toEqual([[[A, 'PE02', false]], undefined])
})

test('a question is not dispatched even if dispatch was pressed before its item was found', async () => {
  call.draft = { ...emptyDraft(A), area: '1', address: '1 号' }
  const settling = ref(true)
  const { send } = begin(settling)
  send('dispatch')
  call.draft.item = 'GV01'
  settling.value = false
  await settle()
  expect([made(), refusal.value !== '']).toEqual([[], true])
})

test('a recorded danger is neither answered nor recorded again, but can be merged', async () => {
  fill()
  call.recorded = {
    id: 'r1',
    number: 7,
    lines: ['119'],
    body: { channel: 'phone', phone: A, item: 'PE02', description: 'PE02', area: '1' } as never,
  }
  const { send } = begin()
  send('answer')
  send('keep')
  await settle()
  expect(sent).toEqual([])
  send('keep', 'p1')
  await settle()
  expect(sent.map(({ path }) => path)).toContain('requests/r1/parent')
  expect(made()).toEqual([])
})

test('a danger that is being sent is not recorded a second time', async () => {
  fill()
  call.recording = 'k1'
  const { send } = begin(ref(true))
  send('dispatch')
  await vi.advanceTimersByTimeAsync(PATIENCE_MS)
  expect([made(), refusal.value !== '']).toEqual([[], true])
})

test('a parked call comes back with the typed place', () => {
  ring(A)
  call.draft.somewhere = '鼓楼边上'
  ring(B)
  takeRinging()
  takeBack(calls.parked[0]!)
  expect(call.draft.somewhere).toBe('鼓楼边上')
})

test('a danger that only the centre hears is shown, and may be dismissed', async () => {
  reference.dangers = new Map([['fire', { kind: 'fire' } as Danger]])
  fill()
  failing = 'requests'
  refused = '{"code":"danger_heard","title":"火灾？","danger":"fire"}'
  const { send, problem } = begin()
  send('dispatch')
  await settle()
  expect([problem.value?.code, undecided(call.draft)]).toEqual(['danger_heard', [{ kind: 'fire' }]])
  call.draft.harmless.push('fire')
  failing = ''
  send('dispatch')
  await settle()
  expect(sent.find(({ path }) => path === 'requests')?.body['danger_dismissed']).toBe(true)
  call.draft = emptyDraft(B)
  await nextTick()
  expect(undecided(call.draft)).toEqual([])
})

/** The keys of the call in hand do what its buttons do, and nothing where there is none. */
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { computed, nextTick } from 'vue'

import { addMessages, i18n } from '@/kit/locale'

import { beginCall, call, changeCaller, holdsCall, leaving } from '../call/call'
import { refusal } from '../call/refusal'
import CallBar from './CallBar.vue'
import { calls, noCalls, rang, ring, takeIn, takeRinging, touch } from './calls'
import messages from './messages'
import { post } from './post'

addMessages(messages)
let bar: VueWrapper
const told: Record<string, unknown>[] = []

beforeEach(() => {
  localStorage.clear()
  told.length = 0
  Object.assign(calls, noCalls())
  beginCall()
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.method === 'PUT') told.push(await request.json())
    return new Response(request.method === 'PUT' ? '{}' : '[]', { headers: { 'Content-Type': 'application/json' } })
  })
  post.openOutbox('desk.o1', takeIn)
  bar = mount(CallBar, { global: { plugins: [i18n] }, attachTo: document.body })
})
afterEach(() => {
  bar.unmount()
  post.closeOutbox()
})

async function press(key: string): Promise<void> {
  window.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: key === 'p' }))
  await flushPromises()
}

test('F10 ends no call where there is none, and says so', async () => {
  await press('F10')
  expect([call.id, told, bar.find('.outcomes').exists(), refusal.value !== '']).toEqual(['', [], false, true])
})

test('F10 asks for the outcome of a call with only a number', async () => {
  call.draft.phone = '13957412345'
  await nextTick()
  expect(bar.find('.in-hand').exists()).toBe(true)
  await press('F10')
  expect(bar.find('.outcomes').exists()).toBe(true)
  await press('4')
  expect(told.at(-1)).toMatchObject({ status: 'ended', outcome: 'wrong_number', phone: '13957412345' })
})

test('Alt+P keeps a number that was only typed', async () => {
  call.draft.phone = '13957412345'
  await press('p')
  expect(calls.parked.map(({ draft }) => draft.phone)).toEqual(['13957412345'])
})

test('a ring does not wipe out a number that was typed', () => {
  call.draft.phone = '13957412345'
  expect([ring('13800574128'), call.draft.phone]).toEqual([false, '13957412345'])
})

test('a call is reported with the number that rang and the requests asked about', async () => {
  ring('13800574128')
  call.draft.phone = '#100935'
  expect(rang()).toBe('13800574128')
  touch('r9')
  await press('F10')
  expect(told.at(-1)).toMatchObject({ status: 'ended', phone: '13800574128', request_ids: ['r9'], outcome: null })
})

test('without a call there is no ringing number, and a withheld one is null', () => {
  expect(rang()).toBeUndefined()
  call.draft.withheld = true
  expect(rang()).toBeNull()
})

test('changing the caller keeps the request and clears name and place', () => {
  ring('13800574128')
  Object.assign(call.draft, { said: '下水道堵了', item: 'PE02', description: '厨房', area: '1', stored: true })
  Object.assign(call.draft, { address: '1 号', filled: '1 号', name: '王', helpedName: '外婆' })
  changeCaller('13957412345')
  const { phone, said, item, description, area, address, name, helpedName } = call.draft
  expect({ phone, said, item, description, area, address, name, helpedName }).toEqual({
    phone: '13957412345',
    said: '下水道堵了',
    item: 'PE02',
    description: '厨房',
    area: '',
    address: '',
    name: '',
    helpedName: '外婆',
  })
})

test("the question for a call's outcome closes when the next call is taken", async () => {
  ring('13800574128')
  await press('F10')
  ring('13957412345')
  takeRinging()
  await nextTick()
  expect(bar.find('.outcomes').exists()).toBe(false)
  await press('4')
  expect([call.draft.phone, told.some(({ status }) => status === 'ended')]).toEqual(['13957412345', false])
})

test('a call does not end while something is being sent', async () => {
  ring('13800574128')
  touch('r9')
  const stop = mount({ setup: () => (holdsCall(computed(() => true)), () => null) })
  expect(leaving.value).toBe(true)
  await press('F10')
  expect([call.id !== '', refusal.value !== '']).toEqual([true, true])
  stop.unmount()
  expect(leaving.value).toBe(false)
})

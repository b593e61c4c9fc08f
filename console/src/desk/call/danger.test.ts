/** A danger is told to its lines once and in their order, whatever becomes of the network meanwhile. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { addMessages } from '@/kit/locale'

import { takeIn } from '../calls/calls'
import callsMessages from '../calls/messages'
import { post } from '../calls/post'
import { type Item, type Line, reference } from '../reference'
import requestMessages from '../request/messages'
import { beginCall, call } from './call'
import { complete, linesWaiting, nextLine, relay } from './danger'
import type { Danger } from './heard'
import messages from './messages'

for (const words of [messages, callsMessages, requestMessages]) addMessages(words)
const lines = ['119', '120', '110'].map((number) => ({ number, zh: number, en: number }) as Line)
const fire = { kind: 'fire', item: 'EM01', lines } as Danger
let down = false
let asked: { path: string; body: Record<string, unknown> }[] = []
let refusal: Response | undefined

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  down = false
  asked = []
  refusal = undefined
  reference.items = new Map([['EM01', { code: 'EM01', zh: '火警', asks: [] } as unknown as Item]])
  beginCall('13957412345')
  call.draft.phone = '13957412345'
  vi.stubGlobal('fetch', async (request: Request) => {
    if (down) throw new TypeError('no network')
    const path = new URL(request.url).pathname.replace('/api/v1/', '').replace(/[0-9a-f-]{36}/, 'ID')
    if (path === 'calls/ID') return new Response('{}')
    asked.push({ path, body: await request.json().catch(() => ({})) })
    if (refusal) return refusal
    const made = { id: 'r1', number: 7, version: 2, danger_lines: ['119', '120'] }
    return new Response(JSON.stringify(path === 'requests' ? { request: { ...made, danger_lines: ['119'] } } : made))
  })
  post.openOutbox('desk.o1', takeIn)
})

afterEach(() => {
  post.closeOutbox()
  vi.useRealTimers()
})

const back = async () => {
  down = false
  await vi.advanceTimersByTimeAsync(20_000)
}

test('offline, further lines are kept, not offered again, and sent with the request', async () => {
  down = true
  await relay(fire, lines[0]!)
  expect([linesWaiting.value, nextLine(fire)?.number]).toEqual([['119'], '120'])
  await relay(fire, lines[1]!)
  expect([linesWaiting.value, nextLine(fire)?.number]).toEqual([['119', '120'], '110'])
  post.closeOutbox()
  post.openOutbox('desk.o1', takeIn)
  await back()
  expect(asked.map(({ path }) => path)).toEqual(['requests', 'requests/r1/danger/relay'])
  expect(asked[1]!.body).toEqual({ line: '120' })
  expect([call.recorded?.lines, linesWaiting.value]).toEqual([['119', '120'], []])
})

test('a refused danger drops its further lines and is offered again', async () => {
  down = true
  await relay(fire, lines[0]!)
  await relay(fire, lines[1]!)
  refusal = new Response('{"code":"invalid_input","title":"不对","status":422}', { status: 422 })
  await back()
  expect(asked.map(({ path }) => path)).toEqual(['requests'])
  expect(post.refused.value.length).toBe(2)
  expect([call.recording, nextLine(fire)?.number]).toEqual(['', '119'])
})

test('offline, an added detail is sent before the dispatch', async () => {
  await relay(fire, lines[0]!)
  call.draft.address = '澄浪路 9 号'
  down = true
  expect(await complete(true, '补填')).toBeNull()
  asked = []
  await back()
  expect(asked.map(({ path }) => path)).toEqual(['requests/r1', 'requests/r1/dispatch'])
  expect(asked[0]!.body).toEqual({ address: '澄浪路 9 号', reason: '补填' })
})

test('the next line is the first that has a number', () => {
  const unknown = { number: null, zh: '燃气公司', en: 'The gas company' } as Line
  expect(nextLine({ ...fire, lines: [unknown, ...lines] })?.number).toBe('119')
  expect(nextLine({ ...fire, lines: [unknown] })).toBeUndefined()
})

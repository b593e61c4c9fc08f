import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'

import { addMessages } from '@/kit/locale'

import { useAct } from '../act'
import { arrived, takeIn } from './calls'
import messages from './messages'
import { apiStep, post, tell, waits } from './post'

addMessages(messages)
const asked: { path: string; key: string | null; body: string }[] = []
/** What the centre has done, by the key under which it was asked. */
const done = new Map<string, string>()
type Fate = 'lost' | 'unsent' | Response
let fates: Fate[] = []

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
  asked.length = 0
  done.clear()
  fates = []
  arrived.value = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const path = `${request.method} ${new URL(request.url).pathname.replace('/api/v1/', '')}`
    const key = request.headers.get('Idempotency-Key')
    asked.push({ path, key, body: await request.text() })
    const fate = fates.shift()
    if (fate === 'unsent') throw new TypeError('no network')
    if (fate instanceof Response) return fate
    done.set(key!, path)
    if (fate === 'lost') throw new TypeError('the line went')
    return new Response(JSON.stringify({ id: 'r1', number: 7 }), { headers: { 'Content-Type': 'application/json' } })
  })
  post.openOutbox('desk.o1', takeIn)
})

afterEach(() => {
  post.closeOutbox()
  vi.useRealTimers()
})

const later = () => vi.advanceTimersByTimeAsync(20_000)
const refusal = () =>
  new Response(JSON.stringify({ code: 'status_conflict', title: '已办结', status: 409 }), { status: 409 })
const params = (request_id: string) => ({ path: { request_id } })
const close = (id = 'r1', note = '已转办') => ({
  subject: id,
  name: 'close',
  told: apiStep('put', '/api/v1/requests/{request_id}/closure', { params: params(id), body: { note } }),
  number: 7,
})
const resume = (id = 'r1') => ({
  subject: id,
  name: 'resume',
  told: apiStep('delete', '/api/v1/requests/{request_id}/hold', { params: params(id) }),
})

test('a step is sent once with its body and key, and nothing is kept', async () => {
  expect(await tell(close(), '7 办结')).toEqual({ given: { id: 'r1', number: 7 } })
  expect(asked).toEqual([
    { path: 'PUT requests/r1/closure', key: expect.stringMatching(/.{20}/), body: '{"note":"已转办"}' },
  ])
  expect([localStorage.getItem('hotline.outbox.desk.o1'), arrived.value]).toEqual(['[]', []])
})

test('a step whose answer was lost is sent again under the same key, also after a reload', async () => {
  fates = ['lost', 'unsent']
  expect(await tell(close(), '7 办结')).toBeNull()
  expect(waits('r1', 'close')).toBe(true)
  post.closeOutbox()
  post.openOutbox('desk.o1', takeIn)
  await later()
  expect(asked.length).toBe(3)
  expect([...done.keys()]).toEqual([asked[0]!.key])
  expect(waits('r1', 'close')).toBe(false)
  expect(arrived.value.map(({ title }) => title)).toEqual(['7 办结'])
})

test('steps of one request are sent in order, even when another one fails between', async () => {
  fates = ['unsent', 'unsent', 'unsent', 'unsent']
  await tell(resume(), '7 恢复')
  await tell(close(), '7 办结')
  await tell(close('r2'), '8 办结')
  asked.length = 0
  fates = [new Response('{"code":"internal_error","title":"坏了"}', { status: 500 })]
  await later()
  expect(asked.map(({ path }) => path)).toEqual([
    'DELETE requests/r1/hold',
    'PUT requests/r2/closure',
    'DELETE requests/r1/hold',
    'PUT requests/r1/closure',
  ])
})

test('a refusal is shown in its form, or is kept once the form is gone', async () => {
  fates = [refusal()]
  const form = effectScope()
  const { run, problem } = form.run(() => useAct())!
  await run(async () => void (await tell(close(), '7 办结')))
  expect([problem.value?.message, post.refused.value]).toEqual(['已办结', []])
  fates = [refusal()]
  form.stop()
  await run(async () => void (await tell(close(), '7 办结')))
  fates = ['unsent', refusal()]
  await tell(close('r2', '再打来'), '8 办结')
  await later()
  post.closeOutbox()
  post.openOutbox('desk.o1', takeIn)
  expect(post.refused.value.map(({ title, refused }) => [title, refused])).toEqual([
    ['7 办结', '已办结'],
    ['8 办结', '已办结'],
  ])
})

test('a forbidden step does not hold up other steps', async () => {
  fates = [new Response('{"code":"not_allowed","title":"须由值班长更正","status":403}', { status: 403 })]
  await expect(tell(close(), '7 办结')).rejects.toThrow('须由值班长更正')
  expect(await tell(resume(), '7 恢复')).not.toBeNull()
})

test('a step that depends on a refused one is not sent', async () => {
  fates = ['unsent', 'unsent', refusal()]
  await tell(resume(), '7 恢复', 'k1')
  await tell({ ...close(), after: 'k1' }, '7 办结')
  await later()
  expect(done.size).toBe(0)
  expect(post.refused.value.map(({ title }) => title)).toEqual(['7 恢复', '7 办结'])
})

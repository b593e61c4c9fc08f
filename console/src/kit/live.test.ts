import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'

import { live, type LiveEvent, onLive, pause, startLive, stopLive } from './live'

class FakeSource extends EventTarget {
  static last: FakeSource
  static count = 0
  onerror: (() => void) | null = null
  closed = false
  constructor(readonly url: string) {
    super()
    FakeSource.last = this
    FakeSource.count += 1
  }
  close() {
    this.closed = true
  }
  say(type: string, data: unknown, lastEventId: string) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }))
  }
  hello(lastEventId = '7') {
    this.say('clock', { now: new Date(Date.now()).toISOString(), factor: 1, zone: 'Asia/Shanghai' }, lastEventId)
  }
}

let scope: EffectScope
let told: (readonly LiveEvent[] | null)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeSource)
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  told = []
  FakeSource.count = 0
  scope = effectScope()
  scope.run(() => onLive((events) => told.push(events)))
  startLive(Date.now())
})

afterEach(() => {
  stopLive()
  scope.stop()
  vi.useRealTimers()
})

test('is live once it hears the clock, and passes on what happens', () => {
  expect(live.state).toBe('connecting')
  FakeSource.last.hello()
  expect(live.state).toBe('live')
  FakeSource.last.say('log', [{ seq: 8, kind: 'offer.made' }], '8')
  expect(told.at(-1)).toEqual([{ seq: 8, kind: 'offer.made' }])
})

test('says that it is stale as soon as the connection is lost, and reads all again when it is back', () => {
  FakeSource.last.hello()
  FakeSource.last.onerror?.()
  expect(live.state).toBe('stale')
  told = []
  vi.advanceTimersByTime(1_000)
  expect(FakeSource.last.url).toBe('/api/v1/live?after=7')
  FakeSource.last.hello()
  expect(live.state).toBe('live')
  expect(told).toEqual([null])
})

test('takes silence for a lost connection', () => {
  FakeSource.last.hello()
  vi.advanceTimersByTime(24_000)
  expect(live.state).toBe('live')
  vi.advanceTimersByTime(2_000)
  expect(live.state).toBe('stale')
})

test('tries less and less often, each client at a moment of its own', () => {
  expect([0, 1, 2, 3, 10].map((failed) => pause(failed, 0))).toEqual([500, 1_000, 2_000, 4_000, 15_000])
  expect(pause(10, 0.999)).toBeLessThan(30_000)
  for (let failed = 0; failed < 6; failed++) {
    FakeSource.last.onerror?.()
    vi.advanceTimersByTime(pause(failed, 1))
  }
  expect(FakeSource.count).toBe(7)
})

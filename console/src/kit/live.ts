/** The live stream of events, which tell the screens what to read again, and whether it is still connected. */
import { onScopeDispose, reactive } from 'vue'

import { api, type Schemas } from './api'
import { now, setClock } from './clock'

export type LiveEvent = Schemas['LiveEvent']
/** Receives the new events, or null if anything may have happened in between. */
type Listener = (events: readonly LiveEvent[] | null) => void

const SILENCE_MS = 25_000 // the server sends something every 10 s
const LONGEST_PAUSE_MS = 30_000

export const live = reactive({
  state: 'off' as 'off' | 'connecting' | 'live' | 'stale',
  /** The centre's time up to which the screen is up to date; 0 if it never was. */
  since: 0,
})

const listeners = new Set<Listener>()
let source: EventSource | undefined
let position = ''
let failures = 0
let timer: ReturnType<typeof setTimeout> | undefined

/** Call the listener with events for as long as the component lives. */
export function onLive(listener: Listener): void {
  listeners.add(listener)
  onScopeDispose(() => listeners.delete(listener))
}

/** Start listening. `since` is when the data on the screen was read; 0 if the server has not answered yet. */
export function startLive(since: number): void {
  if (live.state !== 'off') return
  live.state = 'connecting'
  live.since = since
  connect()
}

export function stopLive(): void {
  hangUp()
  live.state = 'off'
  position = ''
  failures = 0
}

/** Reconnect now: the user pressed the button, or the device is online again. */
export function reconnect(): void {
  if (live.state === 'stale') connect()
}

function connect(): void {
  hangUp()
  source = new EventSource(`/api/v1/live${position && `?after=${position}`}`)
  source.addEventListener('clock', (message) => {
    setClock(JSON.parse(message.data) as Schemas['ClockOut'])
    heard(message)
  })
  source.addEventListener('reset', (message) => {
    heard(message)
    tell(null)
  })
  source.addEventListener('log', (message) => {
    heard(message)
    tell(JSON.parse(message.data) as LiveEvent[])
  })
  source.onerror = lost
  expectWord()
}

function heard(message: MessageEvent): void {
  const away = live.state === 'stale'
  position = message.lastEventId || position
  failures = 0
  live.state = 'live'
  live.since = now()
  expectWord()
  if (away) tell(null)
}

function lost(): void {
  hangUp()
  live.state = 'stale'
  void api.GET('/api/v1/sessions/current').catch(() => {}) // a 401 ends the session here
  timer = setTimeout(connect, pause(failures++, Math.random()))
}

/** Return how many milliseconds to wait after so many failures; `chance` in [0, 1) spreads the clients. */
export function pause(failed: number, chance: number): number {
  return Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** failed) * (0.5 + chance / 2)
}

function expectWord(): void {
  clearTimeout(timer)
  timer = setTimeout(lost, SILENCE_MS)
}

function hangUp(): void {
  clearTimeout(timer)
  source?.close()
  source = undefined
}

function tell(events: readonly LiveEvent[] | null): void {
  for (const listener of [...listeners]) listener(events)
}

window.addEventListener('offline', () => live.state === 'live' && lost())
window.addEventListener('online', reconnect)
document.addEventListener('visibilitychange', () => document.hidden || reconnect())

/** The centre's clock. The server sets it, then it runs by itself, in a demo faster than real time. */
import { onScopeDispose, readonly, ref } from 'vue'

import type { Schemas } from './api'

const REAL = () => performance.timeOrigin + performance.now()

let base = { centre: Date.now(), real: REAL(), factor: 1 }
export let zone = 'Asia/Shanghai'

/** Set the clock to the server's time. */
export function setClock(said: Schemas['ClockOut']): void {
  base = { centre: Date.parse(said.now), real: REAL(), factor: said.factor }
  zone = said.zone
}

/** Return the centre's time in milliseconds since 1970. */
export function now(): number {
  return base.centre + (REAL() - base.real) * base.factor
}

/** Return a moment in the centre's local time, as a datetime-local input takes it: 2026-11-24T10:35. */
export function wallTime(moment: number): string {
  const written = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  return written.format(moment).replace(' ', 'T')
}

/** Return the moment of a local time at the centre, in milliseconds since 1970; NaN if it is not a time. */
export function momentOf(wall: string): number {
  const guess = Date.parse(`${wall}Z`)
  return Number.isNaN(guess) ? NaN : 2 * guess - Date.parse(`${wallTime(guess)}Z`)
}

/** Return the same moment as the API takes it, in UTC. Throws RangeError if it is not a time. */
export function momentAt(wall: string): string {
  return new Date(momentOf(wall)).toISOString()
}

const ticking = ref(now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** Return the centre's time as a ref that ticks while the component lives, four times a second for countdowns. */
export function useNow() {
  ticking.value = now()
  if (users++ === 0) timer = setInterval(() => (ticking.value = now()), 250)
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return readonly(ticking)
}

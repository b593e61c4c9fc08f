/** The centre's time. It comes from the server, goes on by itself, and may be faster than real time (in a demo). */
import { onScopeDispose, readonly, ref } from 'vue'

import type { Schemas } from './api'

const REAL = () => performance.timeOrigin + performance.now()

let base = { centre: Date.now(), real: REAL(), factor: 1 }
export let zone = 'Asia/Shanghai'

/** Set the clock to what the server says it is now. */
export function setClock(said: Schemas['ClockOut']): void {
  base = { centre: Date.parse(said.now), real: REAL(), factor: said.factor }
  zone = said.zone
}

/** The centre's time in milliseconds since 1970. */
export function now(): number {
  return base.centre + (REAL() - base.real) * base.factor
}

/** A moment as the centre's wall clock has it, as a field takes it: 2026-11-24T10:35. */
export function wallTime(moment: number): string {
  const written = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
  return written.format(moment).replace(' ', 'T')
}

/** The moment at which the centre's wall clock shows this; NaN where it is no time. */
export function momentOf(wall: string): number {
  const guess = Date.parse(`${wall}Z`)
  return Number.isNaN(guess) ? NaN : 2 * guess - Date.parse(`${wallTime(guess)}Z`)
}

/** The same as the API takes it. Throws a RangeError where it is no time. */
export function momentAt(wall: string): string {
  return new Date(momentOf(wall)).toISOString()
}

const ticking = ref(now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The centre's time, ticking while the component lives; four times a second, for countdowns. */
export function useNow() {
  ticking.value = now()
  if (users++ === 0) timer = setInterval(() => (ticking.value = now()), 250)
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return readonly(ticking)
}

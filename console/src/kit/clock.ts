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

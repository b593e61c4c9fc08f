/** Running clocks as the desk shows them. */
import type { Schemas } from '@/kit/api'

export type Level = 'green' | 'yellow' | 'red'
export type Running = Schemas['RunningClock']

export function levelOf(clock: { yellow_at: string; due_at: string }, now: number): Level {
  if (now >= Date.parse(clock.due_at)) return 'red'
  return now >= Date.parse(clock.yellow_at) ? 'yellow' : 'green'
}

/** Return the clock that matters most: the first due. */
export function first(clocks: readonly Running[]): Running | undefined {
  return [...clocks].sort((one, other) => Date.parse(one.due_at) - Date.parse(other.due_at))[0]
}

/** Return how many of these requests are at each level now. */
export function countLevels(requests: readonly { clocks: Running[] }[], now: number): Record<Level, number> {
  const counts = { green: 0, yellow: 0, red: 0 }
  for (const { clocks } of requests) {
    const clock = first(clocks)
    if (clock) counts[levelOf(clock, now)]++
  }
  return counts
}

/** Return the parts of the time left; `over` if it is negative. */
export function left(ms: number): { d: number; h: number; m: number; s: number; over: boolean } {
  const seconds = Math.floor(Math.abs(ms) / 1_000)
  return {
    d: Math.floor(seconds / 86_400),
    h: Math.floor(seconds / 3_600) % 24,
    m: Math.floor(seconds / 60) % 60,
    s: seconds % 60,
    over: ms < 0,
  }
}

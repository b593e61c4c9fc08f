/** Answers kept on this device for where there is no network; always with their age, and gone with the session. */
import { now } from './clock'

const PREFIX = 'hotline.kept.'

export interface Kept<T> {
  data: T
  /** The centre's time at which the server said so. */
  at: number
}

export function remember(name: string, data: unknown): void {
  localStorage.setItem(PREFIX + name, JSON.stringify({ data, at: now() }))
}

export function recall<T>(name: string): Kept<T> | undefined {
  const text = localStorage.getItem(PREFIX + name)
  return text ? (JSON.parse(text) as Kept<T>) : undefined
}

/** Forget what is kept under names that begin so, except these. */
export function forgetKept(beginning = '', except: readonly string[] = []): void {
  for (const name of Object.keys(localStorage))
    if (name.startsWith(PREFIX + beginning) && !except.includes(name.slice(PREFIX.length)))
      localStorage.removeItem(name)
}

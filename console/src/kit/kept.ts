/** Answers kept on this device for times without a network: always with their age, and deleted with the session. */
import { now } from './clock'

const PREFIX = 'hotline.kept.'

export interface Kept<T> {
  data: T
  /** When the server gave it, in the centre's time. */
  at: number
}

export function remember(name: string, data: unknown): void {
  localStorage.setItem(PREFIX + name, JSON.stringify({ data, at: now() }))
}

export function recall<T>(name: string): Kept<T> | undefined {
  const text = localStorage.getItem(PREFIX + name)
  return text ? (JSON.parse(text) as Kept<T>) : undefined
}

export function forget(name: string): void {
  localStorage.removeItem(PREFIX + name)
}

/** Delete what is kept under names with this prefix, except the names given. */
export function forgetKept(beginning = '', except: readonly string[] = []): void {
  for (const name of Object.keys(localStorage))
    if (name.startsWith(PREFIX + beginning) && !except.includes(name.slice(PREFIX.length)))
      localStorage.removeItem(name)
}

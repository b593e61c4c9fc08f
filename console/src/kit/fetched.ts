/** Data that a screen reads from the server, with its age. */
import { onScopeDispose, type Ref, ref, shallowRef, watch, type WatchSource } from 'vue'

import { Problem } from './api'
import { now } from './clock'
import { forget, recall, remember } from './kept'
import { type LiveEvent, onLive } from './live'

const GATHER_MS = 300
/** Answers that say that this is not, or no longer, to be seen. */
const OVER = [403, 404, 409, 410]

interface Options {
  /** Which events cause another read; by default all. */
  on?: (event: LiveEvent) => boolean
  /** A change of this causes another read. */
  watch?: WatchSource
  /** Events within this many milliseconds cause one read. */
  gatherMs?: number
  /** While this is true, events cause no read. */
  paused?: Ref<boolean>
  /** Keep the answer on this device under this name, and show it with its age when nobody answers. */
  keepAs?: string
  /** Whether to keep it now. What was kept is deleted when not, and when the centre refuses to show it any more. */
  keeps?: () => boolean
}

/** Read now and whenever the data may have changed. If a read fails, keep the last data and set `problem`. */
export function useFetched<T>(load: () => Promise<T>, options: Options = {}) {
  const { on = () => true, watch: source, gatherMs = GATHER_MS, paused, keepAs, keeps = () => true } = options
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const loading = ref(false)
  /** When the data shown was read, in the centre's time. */
  const at = ref(0)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function reload(): Promise<void> {
    const mine = ++asked
    clearTimeout(timer)
    timer = undefined
    loading.value = true
    try {
      const found = await load()
      if (mine !== asked) return // a later read overtook this one
      data.value = found
      at.value = now()
      problem.value = undefined
      if (keepAs && keeps()) remember(keepAs, found)
      else if (keepAs) forget(keepAs)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine !== asked) return
      problem.value = error
      if (keepAs && error.unanswered && data.value === undefined) showKept(keepAs)
      if (keepAs && OVER.includes(error.status)) forget(keepAs)
    } finally {
      if (mine === asked) loading.value = false
    }
  }

  function showKept(name: string): void {
    const kept = recall<T>(name)
    if (!kept) return
    data.value = kept.data
    at.value = kept.at
  }

  function heard(): void {
    timer = undefined
    if (!paused?.value) void reload()
  }

  onLive((events) => {
    if (!timer && !paused?.value && (events === null || events.some(on))) timer = setTimeout(heard, gatherMs)
  })
  if (source) watch(source, reload)
  onScopeDispose(() => {
    asked = -1
    clearTimeout(timer)
  })
  void reload()
  return { data, problem, loading, at, reload }
}
